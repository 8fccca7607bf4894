import type { Ground } from './claim.ts';
import { monthFactor } from './expected.ts';
import { traceKey } from './keys.ts';
import { namesOf } from './names.ts';
import { type Groups, type Rule, rule, SUBJECT, type Verdict } from './statements.ts';

/** `the daily cost of a doubled in the last 7 days`, `traffic fell over the window`. */

type Series = 'cost' | 'calls' | 'tokens' | 'failures' | 'errors' | 'latency' | 'perCall';

const SERIES: [Series, string][] = [
  ['perCall', '(?:average )?costs? (?:per|of a|of each|a) call'],
  ['cost', '(?:total )?(?:costs?|spend|bill)(?: a day| per day)?'],
  ['calls', 'traffic|(?:number of )?calls(?: a day| per day)?|call (?:volume|count)|volume'],
  ['tokens', 'token use|tokens'],
  ['errors', '(?:error|failure) rate'],
  ['failures', '(?:number of )?(?:errors|failures|failed calls)'],
  ['latency', '(?:p95 )?latency'],
];
const CHANGE_OF_STATE: [Series, string][] = [
  ['cost', '(?:got|became|grew) (?:dearer|more expensive)|(?:got|became) (?<fell>cheaper)'],
  ['latency', '(?:got|became) slower|(?:got|became) (?<fell>faster|quicker)'],
];

const MOVES = [
  '(?<not>did not |has not |have not )?(?:has |have )?(?<bound>more than |nearly |almost |about |roughly )?(?<times>doubled?|doubles|tripled?|trebled|quadrupled?|halved?|halves|(?:is|was) halved|(?:dropped|fell) by half|(?:grew|rose) (?:tenfold|fivefold|threefold|twofold))',
  '(?<rise>rose|rises|grew|grows|increased|increases|went up|goes up|climbed|climbs|jumped|soared|surged|(?:has|have) (?:risen|grown|increased)|(?:is|are) (?:up|rising|growing|climbing))',
  '(?<fall>fell|falls|dropped|drops|declined|declines|decreased|decreases|went down|goes down|shrank|sank|collapsed|plummeted|(?:has|have) (?:fallen|dropped|declined)|(?:is|are) (?:down|falling|shrinking|declining))',
  '(?<flat>(?:stayed|remained|was|is|kept|held) (?:flat|stable|steady|constant|level|unchanged))',
  '(?<never>did not (?:rise|grow|increase|change))',
].join('|');
const WHEN =
  '(?<when>(?:in|over|during|within|for) (?:the )?(?:last|past|final|latest) (?:(?:7|seven|3|three) days|week)|(?:last|this|past) week|(?:over|in|during|within|across|throughout) the (?:whole |entire )?(?:window|month|period)|over time)';

export const TRENDS: Rule[] = [
  ...SERIES.flatMap(([series, said]) => [
    trend(
      `(?:the )?(?:daily |average )*(?:${said}) (?:of|on|for) (?<subject>${SUBJECT})(?: a day| per day)? (?:${MOVES})(?: by \\S+)?(?: \\w+)? ${WHEN}`,
      series,
    ),
    trend(
      `${WHEN},? (?:the )?(?:daily |average )*(?:${said}) (?:of|on|for) (?<subject>${SUBJECT})(?: a day| per day)? (?:${MOVES})`,
      series,
    ),
    trend(
      `(?<!of |-)(?:the )?(?:daily |total |overall |whole )*(?:${said}) (?:${MOVES})(?: by \\S+)?(?: \\w+)? ${WHEN}`,
      series,
    ),
    trend(`${WHEN},? (?:the )?(?:daily |total |overall |whole )*(?:${said}) (?:${MOVES})`, series),
  ]),
  ...CHANGE_OF_STATE.map(([series, said]) => trend(`(?<subject>${SUBJECT}) (?:${said}) ${WHEN}`, series)),
];

function trend(source: string, series: Series): Rule {
  return rule(source, (groups, { ground }) => moved(groups, series, ground));
}

function moved(groups: Groups, series: Series, ground: Ground): Verdict | null {
  const changes = changesOf(groups, series, ground);
  if (changes.length === 0) return null;
  const verdicts = changes.map((change) => isMove(groups, change));
  const says = `the data say ${changes.map((change) => `×${change.toFixed(2)}`).join(' or ')} of before`;
  if (verdicts.includes(true)) return { holds: true, says };
  return verdicts.every((verdict) => verdict === false) ? { holds: false, says } : null;
}

/** What counts as no change at all, and as a flat line. */
const STILL = 0.03;
const FLAT = 0.25;
const NEAR = 0.15;

/** Whether a change of this factor is what the words say; null where it is too small to tell. */
function isMove(groups: Groups, change: number): boolean | null {
  const { rise, fall, fell, flat, never, times, bound = '', not } = groups;
  if (times !== undefined) {
    const factor = factorOf(times);
    const up = factor > 1 ? change >= factor : change <= factor;
    const near = Math.abs(change - factor) <= NEAR * factor;
    return (bound.startsWith('more') ? up : near) !== (not !== undefined);
  }
  if (flat !== undefined || /change$/u.test(never ?? '')) return Math.abs(change - 1) <= FLAT;
  if (never !== undefined) return change <= 1 + STILL;
  const falls = fall !== undefined || fell !== undefined;
  const by = falls ? 1 - change : change - 1;
  if (rise === undefined && !falls && by <= 0) return false;
  if (by > 0) return true;
  return by < -STILL ? false : null;
}

const FACTORS: [RegExp, number][] = [
  [/tenfold/u, 10],
  [/fivefold/u, 5],
  [/tripl|trebl|threefold/u, 3],
  [/quadrupl/u, 4],
  [/halv|half/u, 0.5],
];

function factorOf(times: string): number {
  return FACTORS.find(([pattern]) => pattern.test(times))?.[1] ?? 2;
}

/** Each way in which the change may be meant: the last days beside the whole window, or beside what came before; halves of the window. */
function changesOf({ subject, when = '' }: Groups, series: Series, ground: Ground): number[] {
  const name = subject === undefined ? null : (namesOf(ground.artifacts).byToken.get(subject) ?? null);
  if (subject !== undefined && name === null) return [];
  const days = /3|three/u.test(when) ? 3 : /7|seven|week/u.test(when) ? 7 : null;
  const pairs = days === null ? halves(name, series, ground) : lastDays(name, { series, days }, ground);
  return pairs.flatMap(([before, after]) => (before !== null && after !== null && before > 0 ? [after / before] : []));
}

type Pair = [before: number | null, after: number | null];

interface Sums {
  cost: number;
  calls: number;
  tokens: number;
  errors: number;
  latency: number | null;
  days: number;
}

function lastDays(name: string | null, { series, days }: { series: Series; days: 3 | 7 }, ground: Ground): Pair[] {
  const { spans, spans7d, spans3d } = ground.artifacts;
  const whole = sumsOf(name, spans.value, 30 / monthFactor(ground.artifacts));
  const week = sumsOf(name, spans7d.value, 7);
  const last = days === 7 ? week : sumsOf(name, spans3d.value, 3);
  if (!whole || !last || whole.days <= days) return [];
  const after = rateOf(last, series);
  const before = series === 'latency' ? null : rateOf(minus(whole, last), series);
  const pairs: Pair[] = [
    [rateOf(whole, series), after],
    [before, after],
  ];
  return days === 3 && week ? [...pairs, [rateOf(week, series), after]] : pairs;
}

interface TableRow {
  operation: string;
  calls: number;
  total_cost_usd: number;
  total_tokens: number;
  error_rate: number;
  p95_latency_s: number | null;
}

function sumsOf(name: string | null, rows: readonly TableRow[] | undefined, days: number): Sums | null {
  const own = (rows ?? []).filter((row) => name === null || traceKey(row.operation) === traceKey(name));
  if (own.length === 0) return null;
  const sum = (pick: (row: TableRow) => number) => own.reduce((total, row) => total + pick(row), 0);
  return {
    cost: sum((row) => row.total_cost_usd),
    calls: sum((row) => row.calls),
    tokens: sum((row) => row.total_tokens),
    errors: sum((row) => row.error_rate * row.calls),
    latency: name === null ? null : (own[0]?.p95_latency_s ?? null),
    days,
  };
}

function minus(whole: Sums, part: Sums): Sums {
  const rest = (key: 'cost' | 'calls' | 'tokens' | 'errors' | 'days') => Math.max(0, whole[key] - part[key]);
  return {
    cost: rest('cost'),
    calls: rest('calls'),
    tokens: rest('tokens'),
    errors: rest('errors'),
    latency: null,
    days: rest('days'),
  };
}

/** The sum behind a series; those of rates are for each call, the others for each day. */
const SUM = {
  cost: 'cost',
  calls: 'calls',
  tokens: 'tokens',
  failures: 'errors',
  errors: 'errors',
  perCall: 'cost',
} as const;

function rateOf(sums: Sums, series: Series): number | null {
  if (series === 'latency') return sums.latency;
  const by = series === 'errors' || series === 'perCall' ? sums.calls : sums.days;
  return by > 0 ? sums[SUM[series]] / by : null;
}

/** The profiles' buckets of time, which together are the window. */
interface Bucket {
  operation: string;
  bucket: number;
  calls: number;
  cost_usd: number;
  errors: number;
}

function halves(name: string | null, series: Series, ground: Ground): Pair[] {
  const buckets = bucketsOf(ground).filter((one) => name === null || traceKey(one.operation) === traceKey(name));
  const last = Math.max(...bucketsOf(ground).map(({ bucket }) => bucket));
  if (buckets.length === 0 || series === 'latency' || series === 'tokens') return [];
  const part = (from: number, to: number): number | null => {
    const own = buckets.filter(({ bucket }) => bucket >= from * (last + 1) && bucket < to * (last + 1));
    const sum = (pick: (one: Bucket) => number) => own.reduce((total, one) => total + pick(one), 0);
    const calls = sum((one) => one.calls);
    const value = { cost: sum((one) => one.cost_usd), calls, errors: sum((one) => one.errors) }[SUM[series]];
    return series !== 'errors' && series !== 'perCall' ? value : calls > 0 ? value / calls : null;
  };
  return [
    [part(0, 1 / 2), part(1 / 2, 1)],
    [part(0, 1 / 4), part(3 / 4, 1)],
  ];
}

function bucketsOf({ artifacts }: Ground): Bucket[] {
  const profiles = artifacts.data.find(({ file }) => file === 'data/profiles.json')?.value;
  const trend = (profiles as { trend?: unknown } | undefined)?.trend;
  return Array.isArray(trend) ? trend.filter((one): one is Bucket => typeof one?.bucket === 'number') : [];
}
