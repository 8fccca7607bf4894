import type { Claim } from './claim.ts';
import { compareWithComputed } from './computed/compare.ts';
import type { Scope, ScopedBlock } from './structure.ts';

const NOWHERE: Scope = { section: null, heading: '', priority: null, part: null };

/** Lines of a report that differ from what the data files give through the report's template, as claims that the data contradict. */
export function computedClaims(
  { file, text, blocks }: { file: string; text: string; blocks: readonly ScopedBlock[] },
  computed: string | undefined,
): Claim[] {
  if (computed === undefined) return [];
  return compareWithComputed(text, computed).map(({ line, text: shown, reason }) => {
    const scope = blocks.findLast((block) => block.line <= line)?.scope ?? NOWHERE;
    return { file, line, kind: 'computed', text: shown, scope, status: 'contradicted', derived: false, reason };
  });
}
