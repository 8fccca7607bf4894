import { truncate } from '../../lib/format.ts';

/** About 12,000 tokens: the largest page of read_artifact fits, whatever its text is escaped to in practice. */
const MAX = 48_000;
/** How much of each text and list is kept, tried in this order until the whole fits. */
const KEPT = [
  { characters: 2000, items: 200 },
  { characters: 200, items: 50 },
  { characters: 100, items: 10 },
];

/** An output as a model may get it, with a note where it is not whole. */
interface Bounded {
  output: unknown;
  note?: string;
}

/**
 * Cuts the texts and lists of an output that is too long: tools list names from traces, and nobody bounds how many there are nor how long.
 * What is left has the shape that the tool's schema asks for.
 */
export function bounded(output: unknown): Bounded {
  const { length } = JSON.stringify(output);
  if (length <= MAX) return { output };
  const note = `Long lists and texts are cut: the whole has ${length} characters. read_artifact pages through the saved file, where there is one.`;
  let short = output;
  for (const kept of KEPT) {
    short = shortened(output, kept);
    if (JSON.stringify(short).length <= MAX) break;
  }
  return { output: short, note };
}

function shortened(value: unknown, kept: (typeof KEPT)[number]): unknown {
  if (typeof value === 'string') return truncate(value, kept.characters);
  if (Array.isArray(value)) return value.slice(0, kept.items).map((item) => shortened(item, kept));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shortened(item, kept)]));
}
