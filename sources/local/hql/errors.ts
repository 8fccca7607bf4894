import { RunbookError } from '../../../lib/errors.ts';
import type { Node } from './ast.ts';

/** A HogQL error at a place of the query. */
export function hogqlError(message: string, at?: Node | { start: number; end: number }, hint?: string): RunbookError {
  const position =
    at && 'node' in at
      ? at.start && at.end
        ? { start: at.start.offset, end: at.end.offset }
        : undefined
      : (at as { start: number; end: number } | undefined);
  return new RunbookError('hogql', message, { ...(position ? { position } : {}), ...(hint ? { hint } : {}) });
}

/** The known name that is nearest in spelling, within a third of its length. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: { name: string; distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance <= Math.max(1, Math.floor(candidate.length / 3)) && (!best || distance < best.distance))
      best = { name: candidate, distance };
  }
  return best?.name;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
