import type { Prose, TableBlock } from './markdown.ts';
import { plainFigures } from './plain-text.ts';
import { fullText, type ScopedBlock } from './structure.ts';

/** What a reader sees of these blocks as running text, fences aside: paragraphs, list items and table cells. */
export function passageText(blocks: readonly ScopedBlock[]): string {
  return blocks.flatMap((block) => linesIn(block).map(fullText)).join('\n');
}

function linesIn(block: ScopedBlock): readonly Prose[] {
  if (block.kind === 'text') return block.lines;
  return block.kind === 'table' ? block.rows.flatMap((row) => row.cells) : [];
}

/** Whether a text holds a name, however it is escaped or punctuated. A name of signs alone cannot be looked for. */
export function names(text: string, name: string): boolean {
  return ` ${wordsOf(text)} `.includes(` ${wordsOf(name)} `) || wordsOf(name) === '';
}

/** The letters and digits of a text, in lower case, with single spaces between them. */
export function wordsOf(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase();
}

export function hasFigure(text: string): boolean {
  return /\d/u.test(plainFigures(text));
}

export function tablesOf(blocks: readonly ScopedBlock[]): (ScopedBlock & TableBlock)[] {
  return blocks.filter((block): block is ScopedBlock & TableBlock => block.kind === 'table');
}

/** Sends the reader elsewhere. */
const DEFERRAL =
  /\b(?:see|refer to|(?:is|are|was|were|as) (?:covered|described|discussed|explained|given|shown|found|said|mentioned))\b[^.]*\b(?:above|below|elsewhere|later|appendix|full report|(?:an)?other section)\b/iu;
/** Says that there is something, and not what. */
const VAGUE =
  /\bthere (?:is|are) (?:an? |some |several )?(?:problems?|issues?|findings?)\b[^.]*\b(?:looked (?:at|into)|addressed|fixed|mended|investigated|improved)\b/iu;
/** Fewer words than these tell nothing. */
const TELLING_WORDS = 4;

/** A text that only sends the reader elsewhere, or says that there is something and not what. */
export function saysNothing(text: string): boolean {
  const sentences = text.split(/(?<=[.!?])\s+|\n/u).filter((one) => !DEFERRAL.test(one) && !VAGUE.test(one));
  return (sentences.join(' ').match(/[\p{L}\p{N}]+/gu) ?? []).length < TELLING_WORDS;
}
