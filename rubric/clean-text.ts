import { activeContent } from './active-content.ts';
import { baitIn } from './bait.ts';
import type { CodeBlock } from './markdown.ts';
import { placeholderIn } from './placeholders.ts';
import type { ScopedBlock } from './structure.ts';

/** A Markdown file as it was written and as it was read. */
export interface SourceText {
  file: string;
  text: string;
  blocks: readonly ScopedBlock[];
}

/**
 * What a finished report must not hold: placeholders, text that speaks to whoever grades it, and text that readers do not see. Excerpts
 * (fenced or quoted, in Qualitative Findings and Evidence) are the project's own words and may say anything; so may the names of its operations
 * and models.
 */
export function cleanTextFaults(source: SourceText, names: readonly string[]): string[] {
  const plain = withoutNames(names);
  const faults = [...ofLines(source, plain), ...ofProse(source.blocks, plain), ...activeContent(source.blocks)];
  // What is read both as it was written and as it is shown is named once.
  const seen = new Set<string>();
  return faults
    .sort((a, b) => a.line - b.line)
    .map(({ line, what }) => ({ key: `${line} ${what.split(':')[0]}`, text: `${source.file}:${line}: ${what}` }))
    .filter(({ key }) => !seen.has(key) && seen.add(key))
    .map(({ text }) => text);
}

interface Fault {
  line: number;
  what: string;
}
type Plain = (text: string) => string;

/** Lines as they were written, so that nothing of them is hidden; an order may go on in the next line. */
function ofLines({ text, blocks }: SourceText, plain: Plain): Fault[] {
  const excerpts = linesOf(blocks.filter(isExcerpt));
  const code = linesOf(blocks.filter((block) => block.kind === 'code'));
  const lines = text.split('\n').map((raw, index) => (excerpts.has(index + 1) ? '' : raw));
  return lines.flatMap((own, index) => {
    const line = index + 1;
    const found = (each: string) => baitIn(each) ?? brokenBait(each, lines[index + 1] ?? '');
    // Names are taken out only where there is something to find: there may be many of both.
    const bait = found(own) === null ? null : found(plain(own));
    const hidden = code.has(line) ? [] : firstMatch(HIDDEN, own, plain);
    const left = code.has(line) || placeholderIn(own) === undefined ? undefined : placeholderIn(plain(own));
    const gap = left === undefined ? [] : [`a placeholder: ${JSON.stringify(left.slice(0, 60))}`];
    return [...(bait ? [bait] : []), ...hidden, ...gap].map((what) => ({ line, what }));
  });
}

/** Bait that begins in one line and ends in the next. */
function brokenBait(line: string, next: string): string | null {
  return !/^\s*(?:[#|]|```|~~~|$)/u.test(line) && isProse(next) && baitIn(next) === null
    ? baitIn(`${line} ${next.trim()}`)
    : null;
}

/** A line in which a paragraph can go on. */
function isProse(line: string): boolean {
  return /[\p{L}\p{N}]/u.test(line) && !/^\s*(?:[#|>*+-]|```|~~~|\d+[.)]\s)/u.test(line);
}

function ofProse(blocks: readonly ScopedBlock[], plain: Plain): Fault[] {
  return [...proseOf(blocks)].flatMap(({ text, line }) => {
    const bait = baitIn(text) === null ? null : baitIn(plain(text));
    return [...(bait ? [bait] : []), ...firstMatch(PLACEHOLDERS, text, plain)].map((what) => ({ line, what }));
  });
}

type Pattern = [what: string, pattern: RegExp];

/** @param plain takes the project's own names out, once there is something to be found */
function firstMatch(patterns: readonly Pattern[], raw: string, plain: (text: string) => string): string[] {
  if (!patterns.some(([, pattern]) => pattern.test(raw))) return [];
  const text = plain(raw);
  for (const [what, pattern] of patterns) {
    const match = pattern.exec(text);
    if (match) return [`${what}: ${JSON.stringify(match[0].trim().slice(0, 60))}`];
  }
  return [];
}

const PLACEHOLDERS: Pattern[] = [
  ['a placeholder', /\{\{[^}]*\}\}|<%|\[object Object\]|\blorem ipsum\b/iu],
  [
    'a placeholder',
    /\b(?:TODO|TBD|FIXME|XXX)\b|\bNaN\b|\bundefined\b|\[(?:insert|your|placeholder|fill in)\b[^\]]*\]/u,
  ],
];

const HIDDEN: Pattern[] = [
  ['an HTML comment', /<!--|^\s*\[[^\]]*\]:\s*#/u],
  // Word joiners, zero-width spaces, marks that turn the direction of text, and the invisible tag characters.
  [
    'invisible characters',
    /[\u200B\u2060-\u2064\uFEFF\u202A-\u202E\u2066-\u2069]|[\u{E0000}-\u{E007F}]|\w[\u200C\u200D]\w/u,
  ],
];

function isExcerpt({ kind, scope, ...block }: ScopedBlock): boolean {
  const place = scope.section === 'Qualitative Findings' || scope.part === 'evidence';
  return place && (kind === 'code' ? !CODE.has((block as CodeBlock).lang) : 'quoted' in block && block.quoted);
}

/** Fences that hold no excerpt. */
const CODE = new Set(['python', 'py', 'python3', 'sql']);

function linesOf(blocks: readonly ScopedBlock[]): Set<number> {
  const lines = new Set<number>();
  for (const block of blocks) {
    if (block.kind === 'text') for (const { line } of block.lines) lines.add(line);
    // From the fence that opens to the one that closes.
    if (block.kind === 'code')
      for (let i = 0; i <= block.value.split('\n').length + 1; i += 1) lines.add(block.line + i);
  }
  return lines;
}

/** Every line that a reader sees as text, without code spans and excerpts. */
function* proseOf(blocks: readonly ScopedBlock[]): Generator<{ text: string; line: number }> {
  for (const block of blocks) {
    if (isExcerpt(block)) continue;
    if (block.kind === 'heading') yield block;
    else if (block.kind === 'text') yield* block.lines;
    else if (block.kind === 'table') for (const row of block.rows) yield* row.cells;
  }
}

/** Takes the project's own names out of a line, as they are and as Markdown escapes them. */
function withoutNames(names: readonly string[]): (line: string) => string {
  const written = names.filter((name) => name.length > 2).flatMap((name) => [name, name.replace(/_/gu, '\\_')]);
  const own = [...new Set(written)].sort((a, b) => b.length - a.length);
  return (line) => own.reduce((text, name) => text.replaceAll(name, '·'), line);
}
