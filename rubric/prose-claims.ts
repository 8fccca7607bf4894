import { bound, type Claim, claim, type Ground, isTrivial, kindOf, type LineFigure, unsupported } from './claim.ts';
import { derivedFrom } from './derived.ts';
import { quotationClaims } from './excerpt-claims.ts';
import { headline, monthlyValues, savingsOf } from './expected.ts';
import { type Figure, foreignMoneyIn, moneyIn, numbersIn, percentagesIn, shows } from './figures.ts';
import { blank, looseClaims } from './loose-claims.ts';
import type { Prose } from './markdown.ts';
import { pairClaims, readingClaims } from './pair-claims.ts';
import { plainLine } from './plain-line.ts';
import { planClaims } from './plan-claims.ts';
import type { Scope } from './structure.ts';
import { isGlobal, isTelling, type Subject, subjectsOf } from './subjects.ts';

interface Paragraph {
  scope: Scope;
  lines: readonly Prose[];
}

/** Everything that the lines of a paragraph, a list item, a heading or a text fence claim, excerpts and trace ids aside. */
export function proseClaims(block: Paragraph, ground: Ground): Claim[] {
  const plans = block.scope.part === 'measure' ? planClaims(block, ground) : [];
  return [...plans, ...block.lines.flatMap((prose) => lineClaims(prose, block, ground))];
}

/** A headline's figure (`Total cost: …`), which has one right value. */
export function headlineClaim(
  prose: Prose,
  place: { scope: Scope },
  ground: Ground,
): { index: number; claim: Claim } | null {
  if (ground.file !== 'summary.md' && place.scope.section !== 'Executive Summary') return null;
  const expected = headline(prose.text.trim(), ground.artifacts);
  const figure = expected && (expected.unit === 'usd' ? moneyIn(prose.text) : numbersIn(prose.text))[0];
  if (!expected || !figure) return null;
  return { index: figure.index, claim: bound(ground, place, { ...figure, line: prose.line }, expected) };
}

function lineClaims(raw: Prose, block: Paragraph, ground: Ground): Claim[] {
  const prose = plainLine(raw, block.scope, ground);
  const { text, line } = prose;
  const head = headlineClaim(prose, block, ground);
  const reading = readingClaims(prose, block, ground);
  const impact = impactClaims(prose, block, ground);
  const first = new Set([head?.index, ...reading.flatMap((r) => r.indexes), ...impact.map((r) => r.index)]);
  const pairs = pairClaims(prose, block, ground).filter((pair) => !pair.indexes.some((index) => first.has(index)));
  const taken = new Set([...first, ...pairs.flatMap((r) => r.indexes)]);
  const figures = [
    ...moneyIn(text),
    ...percentagesIn(text).filter((figure) => !isChoice(text, figure, block.scope)),
    ...numbersIn(text).filter((figure) => isCount(text, figure)),
  ];
  const rest = figures
    .filter((figure) => !taken.has(figure.index) && !isAdvice(figure, text, block.scope))
    .map((figure) => ({ ...figure, line }));
  return [
    ...(head ? [head.claim] : []),
    ...[...reading, ...impact, ...pairs].map((r) => r.claim),
    ...rest.map((figure) => figureClaim(figure, prose, block, ground)),
    ...foreignMoneyIn(text).map((figure) => foreign({ ...figure, line }, block, ground)),
    ...quotationClaims(raw, block, ground),
    ...(isPlan(block.scope) ? [] : looseClaims(unread(prose, figures, taken), block, ground)),
  ];
}

/** Parts that say what to do: their bare numbers are settings, but what they measure is claimed as elsewhere. */
function isPlan({ part }: Scope): boolean {
  return part === 'fix' || part === 'measure';
}

const A_TARGET = /^\s*\W*target\b/iu;
const PER_ARM = /^ traces? per arm\b/iu;

/** Short figures of a plan, its targets, and the size of its test are chosen; `planClaims` holds them to the data where those say them. */
function isAdvice(figure: Figure, text: string, scope: Scope): boolean {
  if (!isPlan(scope)) return false;
  return !isTelling(figure) || A_TARGET.test(text) || PER_ARM.test(text.slice(figure.index + figure.text.length));
}

/** The line without the figures that have been read. */
function unread(prose: Prose, figures: readonly Figure[], taken: ReadonlySet<number | undefined>): Prose {
  const { text } = prose;
  const all = [
    ...figures,
    ...percentagesIn(text),
    ...foreignMoneyIn(text),
    ...numbersIn(text).filter(({ index }) => taken.has(index)),
  ];
  let rest = text;
  for (const { index, text: written } of all) {
    const end = index + written.length;
    rest = rest.slice(0, index) + blank(rest.slice(index, end)) + rest.slice(end);
  }
  return { ...prose, text: rest };
}

function foreign(figure: LineFigure, place: Paragraph, ground: Ground): Claim {
  const failure = { status: 'contradicted', reason: 'the costs of the data are in US dollars' } as const;
  return claim(ground, place, { kind: 'usd', text: figure.text, line: figure.line, failure });
}

/** In `Expected Impact` the first amount is the expected saving; of three, the others are the ends of its interval. */
function impactClaims(prose: Prose, block: Paragraph, ground: Ground): { index: number; claim: Claim }[] {
  const expected = block.scope.part === 'impact' ? savingsOf(ground.artifacts, block.scope.priority) : null;
  if (!expected) return [];
  const money = moneyIn(prose.text);
  const exact = money.length === expected.values.length;
  return money.slice(0, exact ? money.length : 1).map((figure, at) => ({
    index: figure.index,
    claim: bound(
      ground,
      block,
      { ...figure, line: prose.line },
      {
        ...expected,
        values: exact ? expected.values.slice(at, at + 1) : expected.values,
      },
    ),
  }));
}

/**
 * Statistical constants are choices and not measurements; so are round figures that are called a target or a limit, and bounds in sentences
 * that say what to do.
 */
const CHOICE_AFTER = /^\s*(?:confidence|CI\b|intervals?\b|(?:significance )?level|power\b|credible|prediction)/iu;
const CHOICE_BEFORE = /\b(?:target|goal|threshold|aim|budget|limit|split|ramp)(?: of| is| to| by|:)*\s*$/iu;
const BOUND_BEFORE = /\b(?:at least|at most|below|under|above|over|within|up to|to)\s*$/iu;
const ADVISING = /\b(?:should|must|target|goal|aim|keep|bring|alert|budget|limit|accept)\b/iu;

function isChoice(text: string, figure: Figure, scope: Scope): boolean {
  if (CHOICE_AFTER.test(text.slice(figure.index + figure.text.length))) return true;
  if (Math.round(figure.value * 1000) % 50 !== 0) return false;
  const before = text.slice(0, figure.index);
  return CHOICE_BEFORE.test(before) || (BOUND_BEFORE.test(before) && (isPlan(scope) || ADVISING.test(text)));
}

const NOUN = String.raw`(?:generations|calls|traces|tokens|requests)\b`;
const ADJECTIVE =
  '(?:sampled |successful |failed |distinct |unpriced |unnamed |identical |repeated |input |output |prompt |LLM |model )?';
const COUNTED = new RegExp(
  String.raw`^\s(?:(?:(?:to|and|or) [\d,]+ )?${ADJECTIVE}${NOUN}|of (?:its |the |all )?\d)`,
  'iu',
);
const OF = /(?<![\p{L}\p{N}.,])\d[\d,]* of (?:its |the |all )?$/u;

function isCount(text: string, figure: Figure): boolean {
  return COUNTED.test(text.slice(figure.index + figure.text.length)) || OF.test(text.slice(0, figure.index));
}

/** An amount followed by this is one a month. */
const A_MONTH = /^\s?(?:a|per|\/)\s?month/iu;
const A_YEAR = /^\s?(?:a|per|\/)\s?year/iu;
const IN_ALL = /\b(?:in all|in total|altogether|overall|as a whole)\b/iu;
const FAILED = /^ (?:(?:calls|requests|generations) (?:(?:that|have|had) )*(?:failed|fail)\b|failed\b)/iu;

function figureClaim(figure: LineFigure, prose: Prose, block: Paragraph, ground: Ground): Claim {
  const { text } = prose;
  const make = (failure: Parameters<typeof claim>[2]['failure'], derived = false) =>
    claim(ground, block, { kind: kindIn(text, figure), text: figure.text, line: figure.line, failure, derived });
  const { negative, failed } = ground.known.texts;
  const after = text.slice(figure.index + figure.text.length);
  if (/(?<![\d)]\s?)-\s?$/u.test(text.slice(0, figure.index)) && !negative.some((value) => shows(figure, value))) {
    return make({ status: 'contradicted', reason: 'the data hold no such value below zero' });
  }
  if (isTrivial(figure)) return make(null);
  if (figure.unit === 'usd' && (A_MONTH.test(after) || A_YEAR.test(after))) {
    const factor = A_YEAR.test(after) ? 12 : 1;
    const known = monthlyValues(ground.artifacts).some((value) => shows(figure, value * factor));
    return make(known ? null : unsupported('no saving and no monthly figure of the data reads like this'));
  }
  const subjects = subjectsOf(prose, block.scope, ground);
  if (figure.unit === 'plain' && FAILED.test(after)) {
    const sum = failed.reduce((total, value) => Math.max(total, value), 0);
    const known = [...failed, sum].some((value) => shows(figure, value));
    return make(known ? null : { status: 'contradicted', reason: 'no count of failed calls reads like this' });
  }
  if (isGlobal(figure, ground)) return make(null);
  if (figure.unit === 'usd' && subjects.length === 0 && IN_ALL.test(text)) {
    return make({ status: 'contradicted', reason: 'no total of the run reads like this' });
  }
  if (subjects.some(({ own }) => own.has(figure))) return make(null);
  if (derivedFrom(subjects, figure, ground)) return make(null, true);
  return make(unbound(figure, subjects, ground), ground.known.isDerived(figure));
}

/** What is wrong with a figure that none of the line's subjects owns; null where any value of the data will do. */
function unbound(figure: Figure, subjects: readonly Subject[], { known }: Ground) {
  const named = subjects.map(({ name }) => name).join(', ');
  if (subjects.some(({ kind }) => kind !== 'trace')) return unsupported(`no figure of ${named} reads like this`);
  if (!known.has(figure)) return unsupported('no data file holds this figure');
  return isTelling(figure) ? null : unsupported('nothing in the data is tied to a figure as short as this');
}

function kindIn(text: string, figure: Figure): Claim['kind'] {
  const tokens = /^\s?(?:\w+ )?tokens?\b/iu.test(text.slice(figure.index + figure.text.length));
  return figure.unit === 'plain' && tokens ? 'tokens' : kindOf(figure);
}
