import { type Figure, moneyIn } from './figures.ts';
import { fullText, type ScopedBlock } from './structure.ts';

const HEADER = /<header>([\s\S]*?)<\/header>/u;
const MAIN = /<main id="main">([\s\S]*)<\/main>/u;
/** After the report there is a footer and nothing else. */
const END = /<\/main>\s*(?:<\/div>\s*)?<footer>[^<]*<\/footer>\s*<\/body>\s*<\/html>\s*$/u;
/** What a page drops or moves, so that the two texts cannot be laid side by side. */
const UNLIKE = /<[a-z!/][^>]*>|\[\^/iu;
const CODE = /^(`{3,}|~{3,})[\s\S]*?^\1|`[^`\n]*`/gmu;
const SHOWN = 80;

interface Report {
  markdown: string;
  blocks: readonly ScopedBlock[];
}

/**
 * How report.html differs from the report that it was drawn from: it has the same letters and digits in the same order, and nothing else.
 * Where the report holds raw HTML or footnotes they are not compared.
 * @param isKnown whether the data hold a figure, as those of the page's header
 */
export function pageFaults(page: string, report: Report, isKnown: (figure: Figure) => boolean): string[] {
  const main = MAIN.exec(page)?.[1];
  if (main === undefined || !END.test(page) || /<script\b/iu.test(page)) return ['report.html is no page of a report'];
  const strange = moneyIn(textOfHtml(HEADER.exec(page)?.[1] ?? '')).filter((figure) => !isKnown(figure));
  const faults = strange.map(({ text }) => `report.html shows ${text}, which no data file holds`);
  return UNLIKE.test(report.markdown.replace(CODE, '')) ? faults : [...faults, ...textFaults(main, report.blocks)];
}

function textFaults(main: string, blocks: readonly ScopedBlock[]): string[] {
  const shown = lettersOf(textOfHtml(main));
  let at = 0;
  for (const text of textsOf(blocks)) {
    const letters = lettersOf(text);
    if (!shown.startsWith(letters, at))
      return [`report.html differs from the report at ${JSON.stringify(text.slice(0, SHOWN))}`];
    at += letters.length;
  }
  return at < shown.length ? ['report.html goes on after the end of the report'] : [];
}

/** Everything that a reader of the report sees, in order. The title is the page's own heading. */
function textsOf(blocks: readonly ScopedBlock[]): string[] {
  const title = blocks.find((block) => block.kind === 'heading' && block.depth === 1);
  return blocks
    .filter((block) => block !== title)
    .flatMap((block) => {
      if (block.kind === 'heading') return [block.text];
      if (block.kind === 'code') return [block.value];
      if (block.kind === 'text') return block.lines.map(fullText);
      return [...block.header, ...block.rows.flatMap((row) => row.cells.map(fullText))];
    });
}

function lettersOf(text: string): string {
  return text.normalize('NFKC').replace(/[^\p{L}\p{N}]+/gu, '');
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

function textOfHtml(html: string): string {
  return html
    .replace(/<[^>]*>/gu, ' ')
    .replace(/&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/giu, (whole, hex?: string, decimal?: string, name = '') => {
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return NAMED[name] ?? (Number.isNaN(code) ? whole : String.fromCodePoint(code));
    });
}
