import { bound, type Claim, type Ground } from './claim.ts';
import { moneyIn, numbersIn, percentagesIn } from './figures.ts';
import type { Prose } from './markdown.ts';
import { plainFigures } from './plain-text.ts';
import { readPlan } from './plan.ts';
import type { Scope } from './structure.ts';

const PLAN_VALUES = [
  ['baseline', 'baseline'],
  ['target', 'target_value'],
] as const;

/** How a plan's sentences give what was computed for its test. */
const TEST_VALUES: [RegExp, string][] = [
  [/^\W*validation period\W+(\d[\d,]*) days?\b/iu, 'period_days'],
  [/(\d[\d,]*) traces? per arm\b/iu, 'period_traces'],
  [/(\d[\d,]*(?:\.\d+)?) a day\b/iu, 'traces_per_day'],
];

/** Baseline, target and test are measured or computed: where the data say them, the plan says the same. */
export function planClaims(block: { scope: Scope; lines: readonly Prose[] }, ground: Ground): Claim[] {
  const list = ground.artifacts.recommendations.value?.recommendations;
  const own: Record<string, unknown> | undefined = list?.find((item) => item.priority === block.scope.priority);
  if (!own) return [];
  const lines = block.lines.map((line) => ({ ...line, text: plainFigures(line.text) }));
  const plan = readPlan([{ kind: 'text', lead: null, lines, line: lines[0]?.line ?? 0, quoted: false }]);
  const claims = PLAN_VALUES.flatMap(([field, key]) => {
    const entry = plan[field];
    return entry ? valueClaim(entry.text, key, { ...block, line: entry.line }, own, ground) : [];
  });
  const tests = lines.flatMap(({ text, line }) =>
    TEST_VALUES.flatMap(([pattern, key]) =>
      valueClaim(pattern.exec(text)?.[1] ?? '', key, { ...block, line }, own, ground),
    ),
  );
  return [...claims, ...tests];
}

function valueClaim(
  text: string,
  key: string,
  place: { scope: Scope; line: number },
  own: Record<string, unknown>,
  ground: Ground,
): Claim[] {
  const value = own[key];
  const [figure] = [...moneyIn(text), ...percentagesIn(text), ...numbersIn(text)];
  if (typeof value !== 'number' || !figure) return [];
  const expected = { values: [value], what: `data/recommendations.json (${key})` };
  return [bound(ground, place, { ...figure, line: place.line }, expected)];
}
