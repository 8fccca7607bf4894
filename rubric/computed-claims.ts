import type { Claim } from './claim.ts';
import { compareWithComputed, type Mismatch } from './computed/compare.ts';
import type { Scope, ScopedBlock } from './structure.ts';

const NOWHERE: Scope = { section: null, heading: '', priority: null, part: null };

/**
 * The claims of a report beside the text that the data files give through the report's template: lines that differ from it are claims that the
 * data contradict. What a line says that is the same, the data say themselves, whatever the rules for an author's own words make of it; only
 * trace ids and excerpts must be found in the data all the same. A line that differs is named once: not where its figures and names are
 * claims that do not hold already.
 */
export function withComputedClaims(
  claims: readonly Claim[],
  { file, text, blocks }: { file: string; text: string; blocks: readonly ScopedBlock[] },
  computed: string | undefined,
): Claim[] {
  if (computed === undefined) return [...claims];
  const { mismatches, same } = compareWithComputed(text, computed);
  const own = claims.map((claim): Claim => {
    const open = claim.status === 'verified' || claim.kind === 'trace' || claim.kind === 'excerpt';
    return open || !same.has(claim.line) ? claim : { ...claim, status: 'verified', reason: '' };
  });
  const failed = new Set(own.filter((claim) => claim.status !== 'verified').map(keyOf));
  const isKnown = ({ line, differs }: Mismatch) =>
    differs.length > 0 && differs.every((word) => failed.has(keyOf({ line, text: word })));
  const differing = mismatches
    .filter((mismatch) => !isKnown(mismatch))
    .map(({ line, text: shown, reason }): Claim => {
      const scope = blocks.findLast((block) => block.line <= line)?.scope ?? NOWHERE;
      return { file, line, kind: 'computed', text: shown, scope, status: 'contradicted', derived: false, reason };
    });
  return [...own, ...differing];
}

/** A figure or name on its line, without the marks around it. */
function keyOf({ line, text }: { line: number; text: string }): string {
  return `${line} ${text.toLowerCase().replace(/[^\p{L}\p{N}.]/gu, '')}`;
}
