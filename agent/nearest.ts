/** Number of single-character edits between two words (Levenshtein 1966). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The known name that a mistyped one most likely means; none where all differ in more than a third of their letters, or in nearly all. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const edits = (candidate: string) => distance(name.toLowerCase(), candidate.toLowerCase());
  const scored = known.map((candidate) => ({ candidate, edits: edits(candidate) }));
  const [best] = scored.sort((a, b) => a.edits - b.edits);
  if (!best || best.edits >= name.length - 1) return undefined;
  return best.edits <= Math.ceil(Math.max(name.length, best.candidate.length) / 3) ? best.candidate : undefined;
}

/** A hint for a name that is not known: the nearest one first, then all of them. */
export function knownNames(name: string, known: readonly string[], what: string): string {
  const guess = nearest(name, known);
  return `${guess ? `Did you mean ${guess}? ` : ''}${what}: ${known.join(', ') || 'none'}.`;
}
