import { structuredPatch } from 'diff';

/** Lines around a difference. */
const CONTEXT = 1;
/** Lines shown of one file, and characters of a line. */
const MAX_LINES = 40;
const MAX_LINE = 200;
/** Larger texts are not compared line by line: it would take longer than the run. */
const MAX_BYTES = 2_000_000;

/** What differs between two versions of a file, as a unified diff for people; a sentence where they are no texts. */
export function textDiff(before: Buffer, after: Buffer): string {
  if (isBinary(before) || isBinary(after)) return `${before.length} and ${after.length} bytes that are no text`;
  if (before.length > MAX_BYTES || after.length > MAX_BYTES) return `${before.length} and ${after.length} bytes`;
  const [old, now] = [before.toString('utf8'), after.toString('utf8')];
  const patch = structuredPatch('', '', old, now, '', '', { context: CONTEXT, timeout: 5000 });
  if (!patch) return `${before.length} and ${after.length} bytes that differ in most lines`;
  const lines = patch.hunks.flatMap(({ oldStart, newStart, lines: hunk }) => [
    `@@ -${oldStart} +${newStart} @@`,
    ...hunk,
  ]);
  const shown = lines
    .slice(0, MAX_LINES)
    .map((line) => (line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line));
  if (lines.length > MAX_LINES) shown.push(`… ${lines.length - MAX_LINES} more lines`);
  return shown.join('\n');
}

function isBinary(content: Buffer): boolean {
  return content.subarray(0, 8000).includes(0);
}
