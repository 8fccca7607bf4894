import { bound, type Claim, claim, type Ground, type LineFigure, pooled, unsupported } from './claim.ts';
import { headline, monthlyValues, sampleCounts, savingsOf } from './expected.ts';
import { type Figure, moneyIn, numbersIn, percentagesIn, shows } from './figures.ts';
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
  const taken = new Set([head?.index, ...reading.flatMap((r) => r.indexes)]);
  const figures = [
    ...moneyIn(text),
    ...percentagesIn(text).filter((figure) => !isChoice(text, figure)),
    ...numbersIn(text).filter((figure) => isCount(text, figure)),
  ];
  const rest = figures.filter((figure) => !taken.has(figure.index)).map((figure) => ({ ...figure, line }));
  return [
    ...(head ? [head.claim] : []),
    ...reading.map((r) => r.claim),
    ...rest.map((figure, at) => figureClaim(figure, { text, first: at === 0 }, block, ground)),
  ];
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
const ADJECTIVE = String.raw`(?:sampled |successful |failed |distinct |unpriced |unnamed |identical |repeated |input |output |prompt |LLM |model )?`;
const COUNTED = new RegExp(String.raw`^\s(?:${ADJECTIVE}${NOUN}|of (?:its |the |all )?\d)`, 'iu');
const OF = /\d of (?:its |the |all )?$/u;

function isCount(text: string, figure: Figure): boolean {
  return COUNTED.test(text.slice(figure.index + figure.text.length)) || OF.test(text.slice(0, figure.index));
}

function figureClaim(
  figure: LineFigure,
  at: { text: string; first: boolean },
  block: Paragraph,
  ground: Ground,
): Claim {
  if (block.scope.part === 'impact' && figure.unit === 'usd' && at.first) {
    const expected = savingsOf(ground.artifacts, block.scope.priority);
    if (expected) return bound(ground, block, figure, expected);
  }
  const found = pooled(ground, block, figure);
  const after = at.text.slice(figure.index + figure.text.length);
  if (found.status !== 'verified' || figure.unit !== 'usd' || !/^\s?(?:a|per|\/)\s?month/iu.test(after)) return found;
  const values = monthlyValues(ground.artifacts);
  if (values.some((value) => shows(figure, value))) return found;
  const failure = unsupported('no saving and no monthly figure of the data reads like this');
  return claim(ground, block, { kind: 'usd', text: figure.text, line: figure.line, failure });
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
