import type { Claim } from './claim.ts';
import { compareWithComputed, type Mismatch } from './computed/compare.ts';
import type { Scope, ScopedBlock } from './structure.ts';

const NOWHERE: Scope = { section: null, heading: '', priority: null, part: null };

interface ReadText {
  file: string;
  text: string;
  blocks: readonly ScopedBlock[];
  /** What was found in it already. */
  claims: readonly Claim[];
}

/**
 * Lines of a report that differ from what the data files give through the report's template, as claims that the data contradict; without
 * those whose figures and names are claims of the line that do not hold.
 */
export function computedClaims({ file, text, blocks, claims }: ReadText, computed: string | undefined): Claim[] {
  if (computed === undefined) return [];
  const failed = new Set(claims.filter((claim) => claim.status !== 'verified').map(keyOf));
  const isKnown = ({ line, differs }: Mismatch) =>
    differs.length > 0 && differs.every((word) => failed.has(keyOf({ line, text: word })));
  const mismatches = compareWithComputed(text, computed).filter((mismatch) => !isKnown(mismatch));
  return mismatches.map(({ line, text: shown, reason }) => {
    const scope = blocks.findLast((block) => block.line <= line)?.scope ?? NOWHERE;
    return { file, line, kind: 'computed', text: shown, scope, status: 'contradicted', derived: false, reason };
  });
}

/** A figure or name on its line, without the marks around it. */
function keyOf({ line, text }: { line: number; text: string }): string {
  return `${line} ${text.toLowerCase().replace(/[^\p{L}\p{N}.]/gu, '')}`;
}
