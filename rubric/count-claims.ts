import type { Artifacts } from './artifacts.ts';
import { sampleCounts } from './expected.ts';
import { traceKey } from './keys.ts';
import { rowsOf } from './measures.ts';
import { nameOf, namesOf } from './names.ts';
import { NUMBER, numberOf, says } from './ratios.ts';
import { type Groups, ITSELF, type Place, type Rule, rule, SUBJECT, type Verdict } from './statements.ts';

/** `17 operations are in use`, `the window covers 14 days`, `a is the only operation with a recommendation`. */

const ONLY = '(?:only |just |exactly |all |altogether |a total of |the )*';
/** Not one group of several. */
const ALONE = '(?<!\\b(?:other|next|these|those|first|last|top|which|its|their|dearest|expensive|of|and|or|for|in) )';
const N = `${ALONE}${ONLY}(?<n>${NUMBER}|no) (?:different |distinct |separate |named )*`;
const HERE =
  '(?:are|were) (?:in use|used|seen|active|called|analy[sz]ed|covered|ranked|known|found|counted|made|in the data)';
/** What narrows a count to a part of the whole. */
const PART =
  '(?! (?:by|in|for|on|with|without|about|to|at|of|as|more|less|from|that|whose|which|above|below|named|it|they))';
const HOLDER = '(?:the|this|our) (?:project|product|data|window|report|run|analysis)';

/** What is counted, and every number that it may be said to have. */
const THINGS: [string, (artifacts: Artifacts) => number[] | null | undefined][] = [
  ['models?', ({ models }) => models.value && [models.value.length]],
  ['operations?', ({ spans }) => spans.value && named(spans.value)],
  ['findings?', ({ findings }) => findings.value && [findings.value.findings.length]],
  ['recommendations?', ({ recommendations: r }) => r.value && [r.value.recommendations.length]],
];

function named(rows: readonly { operation: string }[]): number[] {
  return [rows.length, rows.filter(({ operation }) => operation !== 'unnamed').length];
}

const DAYS = `(?<n>${NUMBER})(?<unit> days?| weeks?| months?|-day|-week)|(?:a|one) (?<one>day|week|fortnight|month|quarter|year)`;
const READ = '(?:sampled traces|traces (?:that were )?(?:read|sampled)|samples)';
const WITH = '(?:a |an |any )?(?<what>recommendations?|findings?|errors?|failures|failed calls|savings?)';

export const COUNTS: Rule[] = [
  ...THINGS.flatMap(([thing, values]) => [
    counted(`${N}${thing} ${HERE}${PART}`, values),
    counted(`there (?:are|were) ${N}${thing}(?: ${HERE})?${PART}`, values),
    counted(
      `(?:${HOLDER}|we) (?:has|have|holds?|uses?|runs?|covers?|names?|makes?|made|found|lists?|spans?) ${N}${thing}${PART}`,
      values,
    ),
    counted(`${N}${thing} (?:in (?:all|total|use)|altogether)${PART}`, values),
    counted(`all (?<n>${NUMBER}) ${thing}${PART}`, values),
  ]),
  counted(
    `${N}traces (?:were|have been) (?:read|sampled)${PART}`,
    ({ samples }) => samples.value && [samples.value.length],
  ),
  rule(
    `(?<seen>${NUMBER}) (?:out )?of (?:the )?(?<of>${NUMBER}) ${READ}(?: (?:is|are|was|were) (?<tag>abnormal|clean|normal))?`,
    sampled,
  ),
  rule(
    `(?:window|data|report|analysis) (?:covers?|spans?|is|holds?) (?:only |just |exactly |about )*(?:${DAYS})(?: long| of (?:data|traffic))?`,
    covered,
  ),
  rule(`(?<subject>${SUBJECT}) is the only (?:one|operation)? ?(?:with|that has) ${WITH}`, onlyOne),
  rule(`only (?<subject>${SUBJECT}) has ${WITH}`, onlyOne),
  rule(`${ITSELF}(?<subject>${SUBJECT}) is the only (?:one|operation)? ?that (?<what>fails|failed)`, onlyOne),
];

function counted(source: string, values: (artifacts: Artifacts) => number[] | null | undefined): Rule {
  return rule(source, ({ n = '' }, { ground }) => oneOf(n, values(ground.artifacts)));
}

/** Whether a written count is one of the numbers that the data have for it. */
export function oneOf(n: string, values: readonly number[] | null | undefined): Verdict | null {
  if (!values) return null;
  const holds = n === 'no' ? values.includes(0) : values.some((value) => says(n, value));
  return { holds, says: `the data hold ${[...new Set(values)].join(' or ')}` };
}

function sampled({ seen = '', of = '', tag }: Groups, { ground }: Place): Verdict | null {
  const samples = ground.artifacts.samples.value ?? [];
  if (samples.length === 0) return null;
  const clean = samples.filter(({ abnormality }) => abnormality === 'clean').length;
  const says = `${samples.length - clean} of the ${samples.length} traces that were read are abnormal`;
  if (tag === undefined || numberOf(of) !== samples.length) {
    return { holds: sampleCounts(samples).has(`${numberOf(seen)}/${numberOf(of)}`), says };
  }
  return { holds: numberOf(seen) === (tag === 'abnormal' ? samples.length - clean : clean), says };
}

const IN_DAYS: Record<string, number> = { day: 1, week: 7, fortnight: 14, month: 30, quarter: 91, year: 365 };

function covered({ n, unit = '', one }: Groups, { ground: { artifacts } }: Place): Verdict | null {
  const project = artifacts.project.value;
  if (!project) return null;
  const each = IN_DAYS[one ?? unit.replace(/^[ -]|s$/gu, '')] ?? 1;
  const days = each * (n === undefined ? 1 : numberOf(n));
  const known = [project.window.days, project.observed_days ?? project.window.days];
  const holds = known.some((value) => Math.abs(value - days) <= Math.max(0.51, each > 1 ? 0.04 * value : 0));
  return { holds, says: `the window covers ${project.window.days} days` };
}

function onlyOne({ subject = '', what = '' }: Groups, { ground }: Place): Verdict | null {
  const { recommendations, findings } = ground.artifacts;
  const name = traceKey(nameOf(subject, namesOf(ground.artifacts)));
  const failing = rowsOf('o', null, ground.artifacts)
    .filter(({ errors }) => (errors ?? 0) > 0)
    .map((row) => row.name);
  const advised = recommendations.value?.recommendations ?? [];
  const saving = advised.filter(({ savings }) => savings !== null);
  const about = /^rec/u.test(what) ? advised : /^sav/u.test(what) ? saving : (findings.value?.findings ?? []);
  const having = new Set(/^(?:err|fail)/u.test(what) ? failing : about.map(({ operation }) => traceKey(operation)));
  return {
    holds: having.size === 1 && having.has(name),
    says: `${having.size} operations have: ${[...having].slice(0, 3).join(', ')}`,
  };
}
