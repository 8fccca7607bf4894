import { citations } from './citations.ts';
import { type Claim, claim, type Ground } from './claim.ts';
import type { Side } from './known-excerpts.ts';
import { noteKey } from './known-texts.ts';
import { CODE_MARK, type CodeBlock, type Prose, type TextBlock } from './markdown.ts';
import { fullText, type Scope, type ScopedBlock } from './structure.ts';

const SHOWN = 60;
/** Languages of code that is advice; everything else shown beside a trace is what was read in it. */
const CODE =
  /^(?:python|py|sql|hogql|typescript|ts|javascript|js|tsx|jsx|go|java|ruby|rust|bash|sh|shell|yaml|yml|diff|vega|mermaid)$/u;

/** Where quoted text stands for what was read in a trace. */
export function holdsExcerpts({ section, part }: Scope): boolean {
  return (
    section === 'Qualitative Findings' ||
    section === 'Failure-Mode Analysis' ||
    part === 'evidence' ||
    part === 'problem' ||
    part === 'why'
  );
}

export function isCode(block: CodeBlock): boolean {
  return CODE.test(block.lang);
}

/** Which trace, and which side of it, the next quoted text stands for. */
export interface Reading {
  trace: string | null;
  side: Side | null;
  /** Quoted texts since the trace was named. */
  shown: number;
}

export const NO_READING: Reading = { trace: null, side: null, shown: 0 };

const LABEL = /^\s*(?:(input|prompt|question)|(output|answer|response))\s*:?\s*$/iu;

/** What is being read after a block: a sentence names the trace, a label its side, a heading ends it. */
export function nextReading(reading: Reading, block: ScopedBlock, ground: Ground): Reading {
  if (block.kind === 'heading' || block.kind === 'table') return NO_READING;
  if (block.kind === 'code' || block.quoted) return { ...reading, side: null, shown: reading.shown + 1 };
  if (isQuotation(block)) return reading;
  const trace = citations(block, ground.known.hasTrace).at(-1)?.id;
  if (trace !== undefined) return { trace, side: null, shown: 0 };
  const label = LABEL.exec(block.lines.map(({ text }) => text).join(' '));
  return label ? { ...reading, side: label[1] === undefined ? 'output' : 'input' } : reading;
}

const ENDS_QUOTED = /(?:“[^“”]{12,}”|„[^„“”]{12,}[“”]|«[^«»]{12,}»|"[^"]{12,}")\W*$/u;

/** A paragraph that ends with its own quotation of a trace names none for what follows. */
function isQuotation({ lines }: TextBlock): boolean {
  const text = lines.map((line) => line.text).join(' ');
  return ENDS_QUOTED.test(text) && !/:\s*$/u.test(text);
}

/** Fenced text and block quotes where traces are shown must be what was stored of that trace. */
export function excerptClaims(
  block: (CodeBlock | TextBlock) & { scope: Scope },
  reading: Reading,
  ground: Ground,
): Claim[] {
  if (block.kind === 'code') return excerpt(block.value, block, sided(reading, block.scope), ground);
  const text = block.lines.map((line) => line.text.replaceAll(CODE_MARK, '…')).join('\n');
  return excerpt(text.replace(/^(?:input|output|prompt|answer)\s*:\s*/iu, ''), block, reading, ground);
}

/** In an evidence part the prompt is shown before the answer, without labels. */
function sided(reading: Reading, scope: Scope): Reading {
  if (reading.side !== null || scope.part !== 'evidence' || reading.shown > 1) return reading;
  return { ...reading, side: reading.shown === 0 ? 'input' : 'output' };
}

const DOUBLE = /["“„«]([^"”“»]{12,})["”»]/gu;
/** Marks that are also apostrophes, or that emphasise: quotations only where texts of traces are shown. */
const SINGLE = /(?<![\p{L}\p{N}])['‘‹‚]([^'’›‘]{12,})['’›‘](?![\p{L}\p{N}])/gu;

/** Sentences in quotation marks, in italics and in code spans that stand for what somebody wrote. */
export function quotationClaims(prose: Prose, block: { scope: Scope }, ground: Ground): Claim[] {
  const { part } = block.scope;
  if (part === 'fix' || part === 'measure') return [];
  const shown = holdsExcerpts(block.scope);
  const marked = (shown ? [DOUBLE, SINGLE] : [DOUBLE]).flatMap((marks) => [...prose.text.matchAll(marks)]);
  const quoted = marked.map(([, text = '']) => text);
  const sentences = [...quoted, ...(shown ? [...prose.codes, ...(prose.stressed ?? [])] : [])];
  const own = sentences.filter((text) => text.trim().split(/\s+/u).length > 3);
  return own
    .filter((text) => !isNote(text, ground) && !isName(text, ground))
    .flatMap((text) => excerpt(text, { ...block, line: prose.line }, NO_READING, ground));
}

const EXCERPT_COLUMN = /excerpt|quot(?:e|ation)|words|said/iu;

/** A cell of a column of excerpts is one. */
export function cellExcerpts(header: string, cell: Prose, block: { scope: Scope }, ground: Ground): Claim[] {
  if (!EXCERPT_COLUMN.test(header)) return [];
  const text = fullText(cell).replace(/^["“'‘]|["”'’]$/gu, '');
  return excerpt(text, { ...block, line: cell.line }, NO_READING, ground);
}

function isNote(text: string, ground: Ground): boolean {
  const key = noteKey(text);
  return ground.known.texts.notes.some((note) => note.includes(key));
}

function isName(text: string, ground: Ground): boolean {
  return ground.known.texts.isName(text) || ground.known.hasTrace(text);
}

function excerpt(text: string, block: { line: number; scope: Scope }, reading: Reading, ground: Ground): Claim[] {
  const shown = text.replace(/\s+/gu, ' ').trim();
  if (shown === '') return [];
  const found = ground.known.excerpts.find(text, reading);
  const reason =
    found === 'none'
      ? 'no data file holds this excerpt'
      : `the data hold it, but not as ${reading.side ?? 'a text'} of trace ${reading.trace}`;
  const failure = found === 'known' ? null : ({ status: 'contradicted', reason } as const);
  const short = shown.length > SHOWN ? `${shown.slice(0, SHOWN)}…` : shown;
  return [claim(ground, block, { kind: 'excerpt', text: short, line: block.line, failure })];
}
