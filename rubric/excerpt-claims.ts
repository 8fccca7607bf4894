import { type Claim, claim, type Ground } from './claim.ts';
import { CODE_MARK, type CodeBlock, type TextBlock } from './markdown.ts';
import type { Scope } from './structure.ts';

const SHOWN = 60;
const PLAIN_TEXT = new Set(['', 'text', 'txt', 'plain', 'json']);

/** Where quoted text stands for what was read in a trace. */
function holdsExcerpts(scope: Scope): boolean {
  return scope.section === 'Qualitative Findings' || scope.part === 'evidence';
}

/** Fenced text and block quotes where traces are shown must be what was stored of them. */
export function excerptClaims(block: (CodeBlock | TextBlock) & { scope: Scope }, ground: Ground): Claim[] {
  if (!holdsExcerpts(block.scope)) return [];
  if (block.kind === 'code') return PLAIN_TEXT.has(block.lang) ? excerpt(block.value, block, ground) : [];
  const text = block.lines.map((line) => line.text.replaceAll(CODE_MARK, '…')).join('\n');
  return excerpt(text.replace(/^(?:input|output|prompt|answer)\s*:\s*/iu, ''), block, ground);
}

function excerpt(text: string, block: { line: number; scope: Scope }, ground: Ground): Claim[] {
  const shown = text.replace(/\s+/gu, ' ').trim();
  if (shown === '') return [];
  const failure = ground.known.hasExcerpt(text)
    ? null
    : ({ status: 'contradicted', reason: 'no data file holds this excerpt' } as const);
  const short = shown.length > SHOWN ? `${shown.slice(0, SHOWN)}…` : shown;
  return [claim(ground, block, { kind: 'excerpt', text: short, line: block.line, failure })];
}
