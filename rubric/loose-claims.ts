import { type About, isBacked } from './backing.ts';
import { type Claim, type ClaimKind, claim, type Failure, type Ground, unsupported } from './claim.ts';
import { dateClaims } from './date-claims.ts';
import { type Figure, numbersIn, shows } from './figures.ts';
import { CODE_MARK, type Prose } from './markdown.ts';
import { nameClaims, withoutModels } from './name-claims.ts';
import { quantityOf } from './quantities.ts';
import type { Scope } from './structure.ts';

/** Where the line stands, and what it is about: there with all its figures, which say what others measure. */
type Place = { scope: Scope; about: About };

/**
 * What a line claims beside amounts, percentages and counts: dates, durations, ratios, statuses, names, and every other digit. Digits that
 * claim nothing are listed in `NO_CLAIMS`.
 * @param prose with the figures that other rules have read blanked
 */
export function looseClaims(prose: Prose, place: Place, ground: Ground): Claim[] {
  const names = nameClaims(prose, place, ground);
  if (!/\d/u.test(prose.text) && !prose.codes.some((code) => /^\d{4}-/u.test(code))) return names;
  const dates = dateClaims(prose, place, ground);
  let text = withoutModels(dates.rest);
  const claims = [...names, ...dates.claims];
  for (const rule of RULES) {
    text = text.replace(rule.pattern, (written: string, ...groups: unknown[]) => {
      const index = groups.at(-2) as number;
      const verdict = rule.check(groups.slice(0, -2) as string[], { index, place, ground });
      claims.push(claim(ground, place, { kind: rule.kind, text: written.trim(), line: prose.line, failure: verdict }));
      return blank(written);
    });
  }
  return [...claims, ...otherDigits({ ...prose, text }, place, ground)];
}

interface Rule {
  kind: ClaimKind;
  pattern: RegExp;
  check(groups: string[], where: { index: number; place: Place; ground: Ground }): Failure;
}

const IN_SECONDS: [RegExp, number][] = [
  [/^(?:ms|milliseconds?)$/iu, 0.001],
  [/^(?:s|secs?|seconds?)$/iu, 1],
  [/^(?:mins?|minutes?)$/iu, 60],
  [/^(?:h|hrs?|hours?)$/iu, 3600],
];
const IN_DAYS: [RegExp, number][] = [
  [/^d(?:ays?)?$/iu, 1],
  [/^weeks?$/iu, 7],
  [/^months?$/iu, 30],
  [/^years?$/iu, 365],
];
const NUMBER = String.raw`(?<![\p{L}\p{N}.,_-])(\d[\d,]*(?:\.\d+)?)`;

function scaleOf(unit: string, scales: readonly [RegExp, number][]): number {
  return scales.find(([pattern]) => pattern.test(unit))?.[1] ?? 1;
}

/** The figure, in the unit of the known values. */
function scaled(written: string, scale: number): Figure | null {
  const [figure] = numbersIn(written);
  return figure ? { ...figure, value: figure.value * scale, half: figure.half * scale } : null;
}

const RULES: Rule[] = [
  {
    kind: 'latency',
    pattern: new RegExp(`${NUMBER}\\s?-?(ms|milliseconds?|s|secs?|seconds?|mins?|minutes?|h|hrs?|hours?)\\b`, 'giu'),
    check([written = '', unit = ''], { index, place, ground }) {
      const figure = scaled(written, scaleOf(unit, IN_SECONDS));
      if (figure && isBacked({ ...figure, index }, place.about, ground, 'seconds')) return null;
      const reason = 'no duration of what the line names reads like this';
      const said = /latenc|p\d\d|slow|longest/iu.test(place.about.prose.text);
      return said ? { status: 'contradicted', reason } : unsupported(reason);
    },
  },
  {
    kind: 'count',
    pattern: new RegExp(`${NUMBER}[\\s-]?(d|days?|weeks?|months?|years?)\\b`, 'giu'),
    check([written = '', unit = ''], { ground: { known } }) {
      const figure = scaled(written, scaleOf(unit, IN_DAYS));
      const ok = figure && known.texts.days.some((value) => shows(figure, value));
      return ok ? null : unsupported('no window and no plan of the data has this length');
    },
  },
  {
    kind: 'count',
    pattern: new RegExp(`${NUMBER}\\s?(?:×|x\\b|-?fold\\b|times\\b)`, 'giu'),
    check([written = ''], { index, place, ground }) {
      const figure = scaled(written, 1);
      const ok = figure && isBacked({ ...figure, index }, place.about, ground, 'ratio');
      return ok ? null : unsupported('no ratio of what the line names reads like this');
    },
  },
  {
    kind: 'count',
    pattern: /\b(?:HTTP|status(?: code)?|error code)\s([1-5]\d\d)\b/giu,
    check([written = ''], { ground: { known } }) {
      return known.texts.statuses.has(Number(written))
        ? null
        : unsupported('no failed call of the data has this status');
    },
  },
];

/**
 * Digits that are no claims: numbers of priorities, steps and figures; quantiles; the outlier rule and the month of the method; statistics;
 * choices of the contract (`top 5`, `last 7`); versions and packages; efforts; statuses that a sentence lists.
 */
const NO_CLAIMS = [
  /\b(?:priority|priorities|step|section|table|figure|round|recommendation|finding|no\.|number|#)\s?#?\d+(?:\s?(?:,|and|to|-)\s?\d+)*/giu,
  /\bp\d{1,3}(?:\.\d+)?\b/giu,
  /\b[12] (?:std|standard deviations?|sigma)\b/giu,
  /× 30 \//gu,
  /\b\d{1,2}-\d{1,2} (?:days|weeks)\b/gu,
  /\b(?:80|90|95|99|1|5|10)\s?% (?:confidence|CI|interval|level|power|significance)/giu,
  /\b(?:top|first|last|next|previous) \d{1,2}\b/giu,
  /\bv?\d+\.\d+\.\d+(?:[-+][\w.]+)?\b/gu,
  /\bversion \d{1,2}(?:\.\d{1,2})?(?![\d.]*\d)/giu,
  /^\s*\d{1,3}[.)]\s/gu,
  /(?:[\w.-]+\/)*[\w.-]+\.(?:json|csv|md|html|svg|png)\b/gu,
];

/** A word with digits inside is a name; a figure may carry a unit behind a hyphen. */
const IDENTIFIER =
  /(?<![\p{N}])[\p{L}_$@][\p{L}\p{N}_./:@$-]*\d[\p{L}\p{N}_./:@-]*|\b[0-9a-f]*(?:[a-f][0-9]|[0-9][a-f])[0-9a-f-]{5,}\b/giu;
const DIGITS = /-?\d[\d,]*(?:\.\d+)?/gu;

function otherDigits(prose: Prose, place: Place, ground: Ground): Claim[] {
  let text = prose.text.replace(IDENTIFIER, blank);
  for (const pattern of NO_CLAIMS) text = text.replace(pattern, blank);
  return [...text.matchAll(DIGITS)].flatMap(({ 0: written, index }) => {
    const figure = scaled(written.replace(/^-/u, '').replace(/,$/u, ''), 1);
    if (!figure || isStatus(figure, text.slice(index + written.length), ground)) return [];
    const at = { ...figure, index: index + Number(written.startsWith('-')) };
    const failure =
      figure.value === 0 || isBacked(at, place.about, ground)
        ? null
        : unsupported('nothing in the data is tied to this figure');
    return [claim(ground, place, { kind: 'count', text: written, line: prose.line, failure })];
  });
}

/** A status that the data hold, where nothing is counted. */
function isStatus(figure: Figure, after: string, { known }: Ground): boolean {
  if (!known.texts.statuses.has(figure.value)) return false;
  return /^\s*(?:errors?|responses?|status)/iu.test(after) || !quantityOf(figure, figure.text + after)?.said;
}

/** Spaces in the place of what was read; marks of code stay. */
export function blank(text: string): string {
  return text.replace(/[^\uFFFC]/gu, ' ').replaceAll(CODE_MARK, CODE_MARK);
}
