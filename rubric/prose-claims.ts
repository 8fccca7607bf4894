import { type About, isBacked } from './backing.ts';
import { bound, type Claim, claim, type Failure, type Ground, kindOf, type LineFigure, unsupported } from './claim.ts';
import { derivedFrom, withStated } from './derived.ts';
import { quotationClaims } from './excerpt-claims.ts';
import { headline, savingsOf } from './expected.ts';
import { type Figure, foreignMoneyIn, moneyIn, numbersIn, percentagesIn, shows } from './figures.ts';
import { blank, looseClaims } from './loose-claims.ts';
import type { Prose } from './markdown.ts';
import { pairClaims, readingClaims } from './pair-claims.ts';
import { plainLine } from './plain-line.ts';
import { planClaims } from './plan-claims.ts';
import type { Scope } from './structure.ts';
import { isTelling, subjectsOf } from './subjects.ts';
import { wordClaims } from './word-claims.ts';

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
  const about = { prose, subjects: subjectsOf(prose, block.scope, ground) };
  const claims = [
    ...(head ? [head.claim] : []),
    ...[...reading, ...impact, ...pairs].map((r) => r.claim),
    ...rest.map((figure) => figureClaim(figure, about, block, ground)),
    ...foreignMoneyIn(text).map((figure) => foreign({ ...figure, line }, block, ground)),
    ...quotationClaims(raw, block, ground),
    ...(isPlan(block.scope)
      ? []
      : [
          ...wordClaims(prose, block, ground),
          ...looseClaims(unread(prose, figures, taken), { ...block, about }, ground),
        ]),
  ];
  return withStated(claims, text);
}

/** Parts that say what to do: their bare numbers are settings, but what they measure is claimed as elsewhere. */
function isPlan({ part }: Scope): boolean {
  return part === 'fix' || part === 'measure';
}

const A_TARGET = /^\s*\W*target\b/iu;
const PER_ARM = /^ traces? per arm\b/iu;

/** Short settings of a plan, its targets, and the size of its test are chosen; `planClaims` holds them to the data where those say them. */
function isAdvice(figure: Figure, text: string, scope: Scope): boolean {
  if (!isPlan(scope)) return false;
  const setting = figure.unit === 'plain' && !isTelling(figure);
  return setting || A_TARGET.test(text) || PER_ARM.test(text.slice(figure.index + figure.text.length));
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

const IN_ALL = /\b(?:in all|in total|altogether|overall|as a whole)\b/iu;
const FAILED = /^ (?:(?:calls|requests|generations) (?:(?:that|have|had) )*(?:failed|fail)\b|failed\b)/iu;

function figureClaim(figure: LineFigure, about: About, block: Paragraph, ground: Ground): Claim {
  const { text } = about.prose;
  const make = (failure: Failure, derived = false) =>
    claim(ground, block, { kind: kindIn(text, figure), text: figure.text, line: figure.line, failure, derived });
  const { negative } = ground.known.texts;
  if (/(?<![\d)]\s?)-\s?$/u.test(text.slice(0, figure.index)) && !negative.some((value) => shows(figure, value))) {
    return make({ status: 'contradicted', reason: 'the data hold no such value below zero' });
  }
  if (figure.value === 0 || isBacked(figure, about, ground)) return make(null);
  if (derivedFrom(about, figure, ground)) return make(null, true);
  return make(unbound(figure, about));
}

/** What is wrong with a figure that nothing in the line owns. */
function unbound(figure: Figure, { prose: { text }, subjects }: About) {
  if (subjects.length > 0) {
    const names = subjects.map(({ name }) => name).join(', ');
    return unsupported(`no figure of ${names} reads like this, for what the line says of it`);
  }
  if (figure.unit === 'usd' && IN_ALL.test(text))
    return { status: 'contradicted', reason: 'no total of the run reads like this' } as const;
  if (figure.unit === 'plain' && FAILED.test(text.slice(figure.index + figure.text.length)))
    return { status: 'contradicted', reason: 'no count of failed calls reads like this' } as const;
  return unsupported('no total of the run reads like this, and the line names no operation, model or trace');
}

function kindIn(text: string, figure: Figure): Claim['kind'] {
  const tokens = /^\s?(?:\w+ )?tokens?\b/iu.test(text.slice(figure.index + figure.text.length));
  return figure.unit === 'plain' && tokens ? 'tokens' : kindOf(figure);
}
