import { type Claim, claim, type Ground, unsupported } from './claim.ts';
import type { Prose } from './markdown.ts';
import type { Scope } from './structure.ts';

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const MONTH = `(?:${MONTHS.map((name) => `${name.slice(0, 3)}(?:${name.slice(3)})?`).join('|')})\\.?`;

/** Each way to write a date, to the ISO text that the data's dates must begin with or hold; the day may be open. */
const FORMS: [RegExp, (...groups: string[]) => string[]][] = [
  [
    /\b(\d{4}-\d{2}-\d{2})(?:[T ]([0-2]\d:[0-5]\d)(?::\d{2}(?:\.\d+)?)?(?:Z| ?UTC)?)?/gu,
    (day = '', time = '') => [time === '' ? day : `${day}T${time}`],
  ],
  [
    new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th)?(?: of)? (${MONTH})(?:,? (\\d{4}))?\\b`, 'giu'),
    (day = '', month = '', year = '') => [`${year}-${monthOf(month)}-${day.padStart(2, '0')}`],
  ],
  [new RegExp(`\\b(${MONTH}) (\\d{4})\\b`, 'giu'), (month = '', year = '') => [`${year}-${monthOf(month)}-`]],
  [
    new RegExp(`\\b(${MONTH}) (\\d{1,2})(?:st|nd|rd|th)?(?:,? (\\d{4}))?(?!\\d)`, 'giu'),
    (month = '', day = '', year = '') => [`${year}-${monthOf(month)}-${day.padStart(2, '0')}`],
  ],
  [
    /(?<![\d/.])(\d{1,2})([/.])(\d{1,2})\2(\d{4})\b/gu,
    (a = '', _, b = '', year = '') =>
      [
        [a, b],
        [b, a],
      ].map((two) => `${year}-${two.map((n) => n.padStart(2, '0')).join('-')}`),
  ],
  [/(?<![\d:])([0-2]?\d:[0-5]\d)(?::[0-5]\d)?(?: ?UTC)?(?![\d:])/gu, (time = '') => [`T${time.padStart(5, '0')}`]],
  [
    /\bQ([1-4]) (\d{4})\b/gu,
    (quarter = '', year = '') => [0, 1, 2].map((n) => `${year}-${two(Number(quarter) * 3 - 2 + n)}-`),
  ],
  [/\b(?<=(?:in|since|of|during|until|before|after|from|year) )((?:19|20)\d{2})\b/giu, (year = '') => [`${year}-`]],
];

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function monthOf(name: string): string {
  return two(MONTHS.findIndex((month) => month.startsWith(name.slice(0, 3).toLowerCase())) + 1);
}

/**
 * The dates of a line: those of the window's line must be its bounds in order, others must be some date of the data (events, window, prices).
 * @returns `rest`: the text without them
 */
export function dateClaims(prose: Prose, place: { scope: Scope }, ground: Ground): { claims: Claim[]; rest: string } {
  const { dates } = ground.known.texts;
  const claims: Claim[] = [];
  let rest = prose.text;
  const add = (text: string, ok: boolean) =>
    claims.push(
      claim(ground, place, {
        kind: 'date',
        text,
        line: prose.line,
        failure: ok ? null : unsupported('no date of the data reads like this'),
      }),
    );
  const isKnown = (wanted: string[]) => wanted.some((text) => dates.some((date) => date.includes(text.trim())));
  for (const [pattern, wanted] of FORMS) {
    rest = rest.replace(pattern, (written: string, ...groups: unknown[]) => {
      const texts = groups.filter((group) => typeof group === 'string' || group === undefined).slice(0, -1) as string[];
      add(written, isKnown(wanted(...texts)));
      return ' '.repeat(written.length);
    });
  }
  for (const code of prose.codes) {
    if (/^\d{4}-\d{2}-\d{2}(?:[T ][\d:.]+Z?)?$/u.test(code))
      add(
        code,
        dates.some((date) => date.startsWith(code)),
      );
  }
  return { claims: [...claims, ...windowClaims(prose, place, ground)], rest };
}

const WINDOW_LINE = /^\s*(?:pinned )?window\b/iu;

/** The line of the window gives its bounds, and the first and last event behind them. */
function windowClaims(prose: Prose, place: { scope: Scope }, ground: Ground): Claim[] {
  const project = ground.artifacts.project.value;
  if (!project || !WINDOW_LINE.test(prose.text)) return [];
  const written = [
    ...prose.text.matchAll(/\d{4}-\d{2}-\d{2}/gu),
    ...prose.codes.flatMap((c) => [...c.matchAll(/^\d{4}-\d{2}-\d{2}/gu)]),
  ];
  const events = [project.first_event, project.last_event].filter((date) => typeof date === 'string');
  const bounds = [project.window.from, project.window.to, ...events].map((date) => date.slice(0, 10));
  return written.slice(0, bounds.length).flatMap(([day], at) => {
    if (day === bounds[at]) return [];
    const failure = { status: 'contradicted', reason: `data/project.json says ${bounds[at]}` } as const;
    return [claim(ground, place, { kind: 'date', text: day, line: prose.line, failure })];
  });
}
