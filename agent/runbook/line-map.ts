import { literalPattern } from '../literal-pattern.ts';

/** How sure it is that a rendered line comes from a template line: the same text, its pattern, its beginning, not at all. */
const SAME = 4;
const SAME_BLANK = 1;
const PATTERN = 3;
const BEGINNING = 2;

/**
 * Which line of a template each line of its rendered text comes from (both from 0): the alignment that keeps the order and matches
 * most. A line that a block or a value of several lines added belongs to the template line above it.
 */
export function lineMap(template: string, rendered: string): number[] {
  const from = template.split('\n').map(matcher);
  const to = rendered.split('\n');
  if (template === rendered) return to.map((_, index) => index);
  const best = Array.from({ length: from.length + 1 }, () => new Uint32Array(to.length + 1));
  const at = (i: number, j: number) => best[i]?.[j] ?? 0;
  const score = from.map((match) => to.map(match));
  for (let i = from.length - 1; i >= 0; i -= 1) {
    const row = best[i];
    for (let j = to.length - 1; row && j >= 0; j -= 1) {
      const weight = score[i]?.[j] ?? 0;
      row[j] = Math.max(at(i + 1, j), at(i, j + 1), weight > 0 ? weight + at(i + 1, j + 1) : 0);
    }
  }
  const lines: number[] = [];
  let i = 0;
  let last = 0;
  for (let j = 0; j < to.length; ) {
    const weight = score[i]?.[j] ?? 0;
    if (i < from.length && weight > 0 && at(i, j) === weight + at(i + 1, j + 1)) {
      last = i;
      lines.push(last);
      i += 1;
      j += 1;
    } else if (i < from.length && at(i, j) === at(i + 1, j)) {
      i += 1;
    } else {
      lines.push(last);
      j += 1;
    }
  }
  return lines;
}

/** Scores a rendered line against one template line. */
function matcher(line: string): (rendered: string) => number {
  const literals = line.split(/\{\{\{?.*?\}?\}\}/u);
  const [beginning = ''] = literals;
  if (literals.length === 1) return (rendered) => (rendered !== line ? 0 : line.trim() === '' ? SAME_BLANK : SAME);
  const pattern = new RegExp(`^${literals.map(literalPattern).join('.*')}$`, 'u');
  const bare = literals.every((literal) => literal.trim() === '');
  return (rendered) => {
    if (!bare && pattern.test(rendered)) return PATTERN;
    return beginning.trim() !== '' && rendered.startsWith(beginning) ? BEGINNING : 0;
  };
}
