import { FRACTION, isFraction, OUT_OF } from './ratios.ts';

/** Shares in words: `most of`, `nearly all`, `less than a tenth of`, `one in twenty`. */

const LIMIT =
  '(?:much |far )?(?:more than|over|at least|less than|under|below|fewer than|at most|nearly|almost|about|roughly|around|exactly|not quite|up to)';

/** What a share must be for the words to be true. */
const ALLOWED: [string, (share: number) => boolean][] = [
  [
    'nearly all|almost all|nearly every|almost every|virtually all|virtually every|practically all|practically every|all but a few',
    (s) => s >= 0.9,
  ],
  ['not all|not every', (s) => s < 1],
  [
    "most|the majority|a majority|the bulk|the larger part|the greater part|the better half|the lion's share",
    (s) => s > 0.5,
  ],
  ['the vast majority|the overwhelming majority', (s) => s >= 0.7],
  [
    'almost none|hardly any|next to none|almost no|virtually none|virtually no|a tiny (?:share|part|fraction)',
    (s) => s <= 0.05,
  ],
  ['a minority|the minority|the smaller part', (s) => s < 0.5],
  [
    'very few|few|only a few|a few|just a few|a handful|only a handful|a small (?:share|part|fraction)',
    (s) => s <= 0.25,
  ],
  ['some|several', (s) => s > 0],
  ['none|no|not one|not a single|zero', (s) => s === 0],
  ['all|every|each|100 percent|the whole', (s) => s === 1],
];

const WORDS = ALLOWED.map(([source]) => source).join('|');

/** A share in words, as a part of a rule's pattern. */
export const SHARE = `(?:(?<limit>${LIMIT}) )?(?<share>${FRACTION}|${OUT_OF})|(?<some>${WORDS})`;

/** Whether a share is what the words say; null where they are not read here. */
export function isShare({ limit, share, some }: Record<string, string | undefined>, value: number): boolean | null {
  if (share !== undefined) return isFraction(limit?.replace(/^(?:much|far) /u, ''), share, value);
  const allowed = ALLOWED.find(([source]) => new RegExp(`^(?:${source})$`, 'u').test(some ?? ''))?.[1];
  return allowed ? allowed(value) : null;
}
