import type { Random } from '../../tests/worlds/random.ts';
import { type Fault, inserted, type Json, readText } from './fault.ts';

/** What is true of a run, as far as the sentences below say something of it. */
interface Truth {
  calls: number;
  /** The dearest operation. */
  name: string;
  own: { calls: number; cost: number; p95: number; errors: number; savings: number };
  cost: number;
  savings: number;
  month: number;
  /** Every whole number of the data: no count of calls that a file holds is false for sure. */
  counts: ReadonlySet<number>;
}

function truthOf(dir: string): Truth {
  const [head = '', ...lines] = readText(dir, 'data/metrics_by_span.csv').trim().split('\n');
  const column = (name: string) => head.split(',').indexOf(name);
  const rows = lines.filter((line) => !line.includes('"')).map((line) => line.split(','));
  const cell = (row: readonly string[], name: string) => Number(row[column(name)]);
  const sum = (name: string) => rows.reduce((all, row) => all + cell(row, name), 0);
  const [dearest = []] = [...rows].sort((a, b) => cell(b, 'total_cost_usd') - cell(a, 'total_cost_usd'));
  const list: Json[] = JSON.parse(readText(dir, 'data/recommendations.json')).recommendations;
  const name = dearest[column('operation')] ?? '';
  const saved = (items: Json[]) => items.reduce((all, item) => all + (item.savings?.expected ?? 0), 0);
  const all = ['project', 'failure_modes', 'findings', 'profiles', 'content_profile', 'facts']
    .map((file) => readText(dir, `data/${file}.json`))
    .join(' ');
  return {
    calls: sum('calls'),
    name,
    own: {
      calls: cell(dearest, 'calls'),
      cost: cell(dearest, 'total_cost_usd'),
      p95: cell(dearest, 'p95_latency_s'),
      errors: cell(dearest, 'error_rate') * 100,
      savings: saved(list.filter((item) => item.operation === name)),
    },
    cost: sum('total_cost_usd'),
    savings: saved(list),
    month: 30 / JSON.parse(readText(dir, 'data/project.json')).observed_days,
    counts: new Set([...`${all} ${lines.join(' ')}`.matchAll(/(?<![\d.-])\d+(?![\d.-])/gu)].map(Number)),
  };
}

const HEADING = /^## Cost Analysis$/gmu;
const FIX = /^#### Recommended Fix$/gmu;
/** Values tried for each place that other faults are tried in. */
const VALUES = 5;

interface Drawn {
  kind: string;
  heading?: RegExp;
  /** The value that makes the sentence true, and between what others are drawn. */
  around(truth: Truth): { right: number[]; low: number; high: number; digits?: number };
  sentence(value: string, truth: Truth): string;
}

const share = (part: number, whole: number) => [(100 * part) / whole];
const percent = (right: number[], digits = 0) => ({ right, low: 1, high: 99, digits });

const SENTENCES: readonly Drawn[] = [
  {
    kind: 'what nobody counted',
    around: () => ({ right: [], low: 100, high: 999 }),
    sentence: (n) => `We saw ${n} customers leave.`,
  },
  {
    kind: 'calls',
    around: ({ counts, calls }) => ({ right: [...counts], low: 100, high: calls }),
    sentence: (n) => `Then ${n} calls came twice.`,
  },
  {
    kind: 'calls of an operation',
    around: ({ counts, own }) => ({ right: [...counts], low: own.calls / 3, high: own.calls * 3 }),
    sentence: (n, { name }) => `\`${name}\` made ${n} calls.`,
  },
  {
    kind: 'the cost of an operation',
    around: ({ own, month }) => ({
      right: [own.cost, own.cost * month],
      low: own.cost / 3,
      high: own.cost * 3,
      digits: 2,
    }),
    sentence: (n, { name }) => `\`${name}\` cost $${n} in the window.`,
  },
  {
    kind: 'a latency of nothing',
    around: ({ own }) => ({ right: [], low: own.p95 / 3, high: own.p95 * 3, digits: 1 }),
    sentence: (n) => `The p95 latency is ${n} s.`,
  },
  {
    kind: 'a latency',
    around: ({ own }) => ({ right: [own.p95], low: own.p95 / 3, high: own.p95 * 3, digits: 1 }),
    sentence: (n, { name }) => `The p95 latency of \`${name}\` is ${n} s.`,
  },
  {
    kind: 'a ratio',
    around: () => ({ right: [], low: 1, high: 20, digits: 1 }),
    sentence: (n) => `It is ${n}× the median.`,
  },
  {
    kind: 'waste of its own',
    around: ({ own, month }) => percent(share(own.savings, own.cost * month)),
    sentence: (n, { name }) => `\`${name}\` wastes ${n}% of its spend.`,
  },
  {
    kind: 'waste of the whole',
    around: ({ savings, cost, month }) => percent(share(savings, cost * month), 1),
    sentence: (n) => `Then ${n}% of the spend is wasted.`,
  },
  {
    kind: 'an error rate',
    around: ({ own }) => percent([own.errors]),
    sentence: (n, { name }) => `The error rate of \`${name}\` is ${n}%.`,
  },
  {
    kind: 'waste a month',
    around: ({ savings, cost, month }) => ({ right: [savings], low: 1, high: Math.max(9, cost * month) }),
    sentence: (n) => `Waste costs $${n} a month.`,
  },
  {
    kind: 'a cost in a fix',
    heading: FIX,
    around: ({ cost, month }) => ({ right: [], low: cost * month * 1.1, high: Math.max(99, cost * month * 3) }),
    sentence: (n) => `This operation costs $${n} now.`,
  },
];

/** A false sentence of each kind, with a value that the seed draws from those that could be true. */
export const DRAWN: readonly Fault[] = SENTENCES.map(({ kind, heading = HEADING, around, sentence }) => ({
  kind: `a drawn figure: ${kind}`,
  tries: VALUES,
  apply(dir, random) {
    const truth = truthOf(dir);
    const value = falseValue(around(truth), random);
    return inserted('', heading, sentence(value, truth)).apply(dir, random);
  },
}));

/** A value that reads like none of the right ones. */
function falseValue({ right, low, high, digits = 0 }: ReturnType<Drawn['around']>, random: Random): string {
  const written = new Set(right.map((value) => value.toFixed(digits)));
  for (;;) {
    const value = random.between(low, high).toFixed(digits);
    if (!written.has(value)) return value;
  }
}
