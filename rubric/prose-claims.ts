import type { Artifacts } from './artifacts.ts';
import { bound, type Claim, claim, type Ground, isTrivial, type LineFigure, pooled, unsupported } from './claim.ts';
import { headline, isTotal, monthlyValues, sampleCounts, savingsOf } from './expected.ts';
import { type Figure, moneyIn, numbersIn, percentagesIn, shows } from './figures.ts';
import { traceKey } from './known-values.ts';
import type { Prose, TextBlock } from './markdown.ts';
import { readPlan } from './plan.ts';
import type { Scope } from './structure.ts';

type Paragraph = TextBlock & { scope: Scope };

/** Parts that say what to do, not what is. */
const PLANS = new Set(['fix', 'measure']);

/** Amounts, percentages and counts in a paragraph or list item. */
export function proseClaims(block: Paragraph, ground: Ground): Claim[] {
  if (block.scope.part === 'measure') return planClaims(block, ground);
  if (block.scope.part !== null && PLANS.has(block.scope.part)) return [];
  return block.lines.flatMap((prose) => lineClaims(prose, block, ground));
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

function lineClaims(prose: Prose, block: Paragraph, ground: Ground): Claim[] {
  const { text, line } = prose;
  const head = headlineClaim(prose, block, ground);
  const reading = readingClaims(prose, block, ground);
  const impact = impactClaims(prose, block, ground);
  const first = new Set([head?.index, ...reading.flatMap((r) => r.indexes), ...impact.map((r) => r.index)]);
  const pairs = pairClaims(prose, block, ground).filter((pair) => !pair.indexes.some((index) => first.has(index)));
  const taken = new Set([...first, ...pairs.flatMap((r) => r.indexes)]);
  const figures = [
    ...moneyIn(text),
    ...percentagesIn(text).filter((figure) => !isChoice(text, figure)),
    ...numbersIn(text).filter((figure) => isCount(text, figure)),
  ];
  const rest = figures.filter((figure) => !taken.has(figure.index)).map((figure) => ({ ...figure, line }));
  return [
    ...(head ? [head.claim] : []),
    ...[...reading, ...impact, ...pairs].map((r) => r.claim),
    ...rest.map((figure) => figureClaim(figure, prose, block, ground)),
  ];
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

/** Statistical constants, and round figures that are called a target or a limit, are choices and not measurements. */
const CHOICE_AFTER = /^\s*(?:confidence|CI\b|intervals?\b|(?:significance )?level|power\b|credible|prediction)/iu;
const CHOICE_BEFORE =
  /\b(?:target|goal|threshold|aim|budget|limit|at least|at most|below|under|within|up to|split|ramp)(?: of| is| to| by|:)*\s*$/iu;

function isChoice(text: string, figure: Figure): boolean {
  if (CHOICE_AFTER.test(text.slice(figure.index + figure.text.length))) return true;
  const round = Math.round(figure.value * 1000) % 50 === 0;
  return round && CHOICE_BEFORE.test(text.slice(0, figure.index));
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

function figureClaim(figure: LineFigure, { text, codes }: Prose, block: Paragraph, ground: Ground): Claim {
  const found = pooled(ground, block, figure);
  if (found.status !== 'verified') return found;
  const fail = (reason: string) =>
    claim(ground, block, { kind: found.kind, text: figure.text, line: figure.line, failure: unsupported(reason) });
  if (figure.unit === 'usd' && A_MONTH.test(text.slice(figure.index + figure.text.length))) {
    const known = monthlyValues(ground.artifacts).some((value) => shows(figure, value));
    return known ? found : fail('no saving and no monthly figure of the data reads like this');
  }
  const subject = subjectOf(block.scope, ground.artifacts);
  const own = subject === null ? undefined : ground.known.ofOperation(subject);
  if (!own || isTrivial(figure) || own.has(figure) || isTotal(figure, ground.artifacts)) return found;
  if (codes.some((code) => ground.known.ofTrace(code)?.has(figure))) return found;
  return fail(`no figure of ${subject} reads like this`);
}

/** The operation that a recommendation, or a passage on variance, is about. */
function subjectOf(scope: Scope, artifacts: Artifacts): string | null {
  if (scope.section === 'Recommendations') {
    return (
      artifacts.recommendations.value?.recommendations.find((r) => r.priority === scope.priority)?.operation ?? null
    );
  }
  if (scope.section !== 'High-Variance Investigation') return null;
  return Object.keys(artifacts.variance.value ?? {}).find((name) => traceKey(name) === traceKey(scope.heading)) ?? null;
}

/** `27 of 467` must stand together somewhere in the data; a share behind it must be their quotient. */
const PAIR = /^ of (?:its |the |all )?(?=\d)/u;
const SHARE = /^[^.;]{0,60}?\((?=\d)/u;

function pairClaims(prose: Prose, block: Paragraph, ground: Ground): { indexes: number[]; claim: Claim }[] {
  const numbers = numbersIn(prose.text);
  return numbers.flatMap((seen, at) => {
    const of = numbers[at + 1];
    const joint = of && prose.text.slice(seen.index + seen.text.length, of.index);
    if (!of || joint === undefined || !PAIR.test(`${joint}0`) || of.value < seen.value) return [];
    const known = ground.known.hasPair(seen, of);
    const after = prose.text.slice(of.index + of.text.length);
    const [lead = ''] = SHARE.exec(after) ?? [];
    const share = lead === '' ? undefined : percentagesIn(after).find((figure) => figure.index === lead.length);
    const quotient = !share || of.value === 0 || shows(share, seen.value / of.value);
    const failure = known ? null : unsupported('no part of the data holds these two counts together');
    const wrong = { status: 'contradicted', reason: 'the share is not the quotient of the counts' } as const;
    const text = prose.text.slice(seen.index, of.index + of.text.length);
    const made = claim(ground, block, { kind: 'count', text, line: prose.line, failure: quotient ? failure : wrong });
    return [{ indexes: [seen.index, of.index], claim: made }];
  });
}

const SAMPLED = /(\d+)( of )(\d+) (?:sampled|read) traces/giu;

/** `4 of 15 sampled traces` must be how the samples were tagged. */
function readingClaims(prose: Prose, block: Paragraph, ground: Ground): { indexes: number[]; claim: Claim }[] {
  const samples = ground.artifacts.samples.value;
  if (!samples) return [];
  const valid = sampleCounts(samples);
  const reason = `the ${samples.length} samples of data/qualitative_samples.json have other counts`;
  return [...prose.text.matchAll(SAMPLED)].map((match) => {
    const [text, seen = '', joint = '', of = ''] = match;
    const ok = valid.has(`${Number(seen)}/${Number(of)}`);
    const failure = ok ? null : ({ status: 'contradicted', reason } as const);
    return {
      indexes: [match.index, match.index + seen.length + joint.length],
      claim: claim(ground, block, { kind: 'count', text, line: prose.line, failure }),
    };
  });
}

const PLAN_VALUES = [
  ['baseline', 'baseline'],
  ['target', 'target_value'],
] as const;

/** Baseline and target are measured or computed: where the data say them, the plan says the same. */
function planClaims(block: Paragraph, ground: Ground): Claim[] {
  const list = ground.artifacts.recommendations.value?.recommendations;
  const own = list?.find((item) => item.priority === block.scope.priority);
  const plan = readPlan([block]);
  return PLAN_VALUES.flatMap(([field, key]) => {
    const value = own?.[key];
    const entry = plan[field];
    const [figure] = entry ? [...moneyIn(entry.text), ...percentagesIn(entry.text), ...numbersIn(entry.text)] : [];
    if (typeof value !== 'number' || !entry || !figure) return [];
    const expected = { values: [value], what: `data/recommendations.json (${key})` };
    return [bound(ground, block, { ...figure, line: entry.line }, expected)];
  });
}
