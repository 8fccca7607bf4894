/** Below this likeness a name is no suggestion: the cutoff of Python's `difflib.get_close_matches`, which PostHog uses. */
const CUTOFF = 0.6;

/** The known name most like `name`, in the sense of Ratcliff and Obershelp (as `difflib`); undefined where none is near. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: { name: string; likeness: number } | undefined;
  for (const candidate of known) {
    const ceiling = (2 * Math.min(name.length, candidate.length)) / (name.length + candidate.length);
    if (ceiling < CUTOFF || (best && ceiling <= best.likeness)) continue;
    const likeness = (2 * matching(name, candidate)) / (name.length + candidate.length);
    if (likeness >= CUTOFF && (!best || likeness > best.likeness)) best = { name: candidate, likeness };
  }
  return best?.name;
}

/** Characters in the longest common run, plus those left and right of it. */
function matching(a: string, b: string): number {
  if (a === '' || b === '') return 0;
  const run = longestRun(a, b);
  if (run.size === 0) return 0;
  return (
    run.size +
    matching(a.slice(0, run.inA), b.slice(0, run.inB)) +
    matching(a.slice(run.inA + run.size), b.slice(run.inB + run.size))
  );
}

function longestRun(a: string, b: string): { inA: number; inB: number; size: number } {
  const best = { inA: 0, inB: 0, size: 0 };
  let above: number[] = [];
  for (let i = 0; i < a.length; i += 1) {
    const row: number[] = [];
    for (let j = 0; j < b.length; j += 1) {
      if (a[i] !== b[j]) continue;
      const size = (above[j - 1] ?? 0) + 1;
      row[j] = size;
      if (size > best.size) Object.assign(best, { inA: i - size + 1, inB: j - size + 1, size });
    }
    above = row;
  }
  return best;
}
