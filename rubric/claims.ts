import { type Citation, citations, idsInCode } from './citations.ts';
import { type Claim, type ClaimKind, claim, type Failure, type Ground, unsupported } from './claim.ts';
import { commentClaims } from './comment-claims.ts';
import { excerptClaims, holdsExcerpts, isCode, NO_READING, nextReading, type Reading } from './excerpt-claims.ts';
import { traceKey } from './keys.ts';
import type { CodeBlock, Prose, TextBlock } from './markdown.ts';
import { unwrapped } from './plain-line.ts';
import { proseClaims } from './prose-claims.ts';
import { statementClaims } from './statement-claims.ts';
import type { Scope, ScopedBlock } from './structure.ts';
import { tableClaims } from './table-claims.ts';

/**
 * Every trace id, amount, percentage, count, date, name and excerpt of a text with its line, resolved against the data files. Figures stand in
 * `text` in one form (ASCII digits, `$`, `%`), however they were written.
 */
export function readClaims(blocks: readonly ScopedBlock[], ground: Ground): Claim[] {
  let reading = NO_READING;
  return blocks.flatMap((block) => {
    const statements = statementClaims(block, ground);
    const claims = [
      ...traceClaims(block, ground),
      ...commentClaims(block, ground),
      ...otherClaims(block, reading, ground).filter((one) => !isInWords(one, statements, block)),
      ...statements,
    ];
    reading = nextReading(reading, block, ground);
    return claims;
  });
}

/** A quantity in words (`one in four`, `nearly all`) of a sentence that holds as a whole: as a figure it would be exact, which words are not. */
function isInWords(one: Claim, statements: readonly Claim[], block: ScopedBlock): boolean {
  if (one.status === 'verified' || block.kind !== 'text') return false;
  if (!statements.some(({ line, status }) => line === one.line && status === 'verified')) return false;
  const written = block.lines.find(({ line }) => line === one.line)?.text ?? '';
  const digits = one.text.replace(/[^\d.,]/gu, '');
  return digits === '' ? one.kind === 'count' || one.kind === 'percent' : !written.includes(digits);
}

function traceClaims(block: ScopedBlock, ground: Ground): Claim[] {
  return citesOf(block, ground.known.hasTrace).map(({ id, line }) => {
    return claim(ground, block, { kind: 'trace', text: id, line, failure: traceFailure(id, block.scope, ground) });
  });
}

/** A trace must be one of the data, and in a recommendation one of its operation. */
function traceFailure(id: string, { priority }: Scope, { known, artifacts }: Ground): Failure {
  if (!known.hasTrace(id)) return unsupported('no data file holds this trace id');
  const own = artifacts.recommendations.value?.recommendations.find((item) => item.priority === priority);
  const operations = known.texts.operationsOf(id);
  if (!own || !operations || operations.has(traceKey(own.operation))) return null;
  return { status: 'contradicted', reason: `the trace is none of ${own.operation}` };
}

/** Headings, fenced text that is no excerpt, alternative texts and link targets cite as sentences do. */
function citesOf(block: ScopedBlock, isKnown: (id: string) => boolean): Citation[] {
  if (block.kind === 'code') {
    if (isCode(block)) return idsInCode(block);
    return holdsExcerpts(block.scope) ? [] : citations(asText(textOf(block).lines), isKnown);
  }
  const { hidden = [], urls = [], pictures = [] } = block;
  const aside = [...hidden, ...urls, ...pictures];
  if (block.kind === 'table') return [...citations(block, isKnown), ...citations(asText(aside), isKnown)];
  const lines = block.kind === 'text' ? block.lines : [{ text: block.text, codes: [], line: block.line }];
  return citations(asText([...lines, ...aside]), isKnown);
}

function asText(lines: Prose[]): TextBlock {
  return { kind: 'text', lead: null, lines, line: lines[0]?.line ?? 0, quoted: false };
}

function otherClaims(block: ScopedBlock, reading: Reading, ground: Ground): Claim[] {
  if (block.kind === 'table') return tableClaims(block, ground);
  if (block.kind === 'heading') {
    const line: Prose = { text: block.text, codes: [], line: block.line };
    return proseClaims({ scope: block.scope, lines: [line] }, ground);
  }
  const shown = block.kind === 'code' || block.quoted;
  if (shown && holdsExcerpts(block.scope)) {
    return block.kind === 'code' && isCode(block) ? [] : excerptClaims(block, reading, ground);
  }
  if (block.kind === 'code') return proseClaims(textOf(block), ground);
  const lines = [...unwrapped(block.lines), ...(block.hidden ?? [])];
  return proseClaims({ scope: block.scope, lines }, ground).map((each) => ({ ...each, line: lineOf(each, block) }));
}

/** The line of a wrapped paragraph that a claim's words stand on. */
function lineOf({ text, line }: Claim, { lines }: TextBlock): number {
  return lines.find((each) => each.line >= line && each.text.includes(text))?.line ?? line;
}

/** Text in a fence is text; code is not. */
function textOf(block: CodeBlock & { scope: Scope }): { scope: Scope; lines: Prose[] } {
  const lines = isCode(block) ? [] : block.value.split('\n');
  return { scope: block.scope, lines: lines.map((text, at) => ({ text, codes: [], line: block.line + at + 1 })) };
}

/** The claims as `grade.json` keeps them. */
export function summarise(claims: readonly Claim[]): {
  checked: number;
  verified: number;
  /** How many of the verified ones are sums, shares and differences of values. */
  derived: number;
  failed: { file: string; line: number; text: string; reason: string; kind: ClaimKind; status: Claim['status'] }[];
} {
  const failed = claims.filter((c) => c.status !== 'verified');
  return {
    checked: claims.length,
    verified: claims.length - failed.length,
    derived: claims.filter((c) => c.status === 'verified' && c.derived).length,
    failed: failed.map(({ file, line, text, reason, kind, status }) => ({ file, line, text, reason, kind, status })),
  };
}
