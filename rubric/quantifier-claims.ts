import type { Ground } from './claim.ts';
import { monthFactor, projectedSavings, totalCost } from './expected.ts';
import { findingShare, groupShare } from './finding-kinds.ts';
import { traceKey } from './keys.ts';
import { frameOf, type Row, rowOf, rowsOf, shown, totalOf } from './measures.ts';
import { NUMBER } from './ratios.ts';
import {
  type Check,
  type Groups,
  ITSELF,
  type Place,
  type Rule,
  rule,
  SUBJECT,
  SUBJECTS,
  tokensOf,
  type Verdict,
} from './statements.ts';
import { isShare, SHARE } from './word-quantities.ts';

/** `most calls of a fail`, `one in three calls of a has no price`, `a takes the lion's share of the spend`. */

const CALLS = '(?:calls?|requests?|generations?)';
const OF_CALLS = `(?: of)?(?: the| all| its| their)? ?(?:sampled )?`;
const ITS = `(?:,? (?:of|to|in|by|from|on|made by) (?<subject>${SUBJECT}))?`;

const READ = '(?:sampled traces?|traces? (?:that were |that was |which were |we )?(?:read|sampled|looked at))';

/** What calls do, and the share of a subject's calls that does it. */
const DONE: [string, (row: Row, ground: Ground) => number | null][] = [
  [
    'fails?|failed|(?:is|are|was|were) (?:failures|errors|failing|lost)|errs?|errored|(?:ends?|ended) in (?:an )?errors?|(?:has|have|had|returns?|returned) (?:an )?errors?|(?:does|do|did) not succeed',
    (row) => row.errors,
  ],
  [
    'succeeds?|succeeded|(?:is|are|was|were) successful|(?:does|do|did) not fail',
    (row) => (row.errors === null ? null : 1 - row.errors),
  ],
  [
    '(?:has|have|had) no (?:known )?(?:price|cost)|(?:is|are|was|were) (?:unpriced|without (?:a )?(?:known )?(?:price|cost))|lacks? (?:a )?(?:price|cost)',
    (row) => unpriced(row),
  ],
  [
    '(?:has|have|had) (?:a )?(?:known )?(?:price|cost)(?! (?:of|tag|between|below|above))|(?:is|are|was|were) priced',
    (row) => 1 - unpriced(row),
  ],
  [
    '(?:is|are|was|were) (?:refused|rejected|rate[ -]limited|throttled)|(?:hits?|run into|runs into) (?:the|a) rate limit|(?:is|are) answered with 429',
    (row, ground) => groupShare(row.name, ['rate_limited'], ground),
  ],
  [
    'times? out|timed out|(?:run|runs|ran) into (?:a )?time-?outs?',
    (row, ground) => groupShare(row.name, ['timeouts'], ground),
  ],
  [
    '(?:is|are|was|were) (?:truncated|cut off|cut short)|stops? at the (?:output )?limit',
    (row, ground) => findingShare(row.name, ['response_truncation'], ground),
  ],
  [
    '(?:is|are|was|were|comes? back) empty|answers? with nothing',
    (row, ground) => findingShare(row.name, ['empty_output'], ground),
  ],
  [
    '(?:is|are|was|were) (?:duplicates|repeated|identical)',
    (row, ground) => findingShare(row.name, ['duplicate_calls'], ground),
  ],
];

function unpriced({ unpriced: count, calls }: Row): number {
  return calls ? count / calls : 0;
}

const SPEND = '(?:the |its |our |all |total |whole |overall )*(?:spend(?:ing)?|costs?|bill|money|budget)';
const WHOLE: ['cost' | 'calls' | 'tokens', string][] = [
  ['cost', SPEND],
  ['calls', '(?:the |all )*(?:calls|traffic|requests|generations)'],
  ['tokens', '(?:the |all )*tokens'],
];
/** What follows is a part: `half the calls of b`. */
const NO_PART = '(?! (?:of|on|for|that|in|from|by)\\b)';
const TAKES =
  '(?:takes?(?: up)?|accounts? for|makes? up|(?:is|are)(?: responsible for)?|eats?(?: up)?|represents?|causes?|consumes?|swallows?|generates?|costs?|draws?|uses?|gets?|burns?|has|have)';
const GOES =
  '(?:(?:is|are|was|were) (?:spent )?(?:on|from|by|for|due to)|goes? (?:to|into|on)|comes? from|(?:is|are) (?:caused|used|made|taken) by|belongs? to|stems? from|falls? on)';

export const QUANTIFIERS: Rule[] = [
  ...DONE.flatMap(([said, share]) => [
    rule(
      `(?:${SHARE})${OF_CALLS}(?:${CALLS}|answers|responses)${ITS}(?: in the window)? (?<not>(?:does|do|did|has|have) (?:never|not) )?(?:${said})`,
      callShare(share),
    ),
    rule(
      `(?<subject>${SUBJECT})(?<not> not)? (?:${said}) (?:in |on |for )?(?:${SHARE})${OF_CALLS}(?:${CALLS}|cases|times|time)`,
      callShare(share),
    ),
    rule(`(?<share>${NUMBER} (?:calls?|requests?) (?:in|out of) ${NUMBER})${ITS} (?:${said})`, callShare(share)),
    rule(`(?:${SHARE})${OF_CALLS}(?:operations?|models?) (?:${said})`, rowShare(share)),
  ]),
  rule(`${ITSELF}(?<subject>${SUBJECT})(?: has)? never (?:fails?|failed|errs|errored)`, never('errors')),
  rule(
    `${ITSELF}(?<subject>${SUBJECT}) (?:has|had|shows|sees|saw|reports|is free of|was free of|is without|was without) ?(?:no|any)? (?:errors|failures|failed calls?|failed requests)(?! (?:than|rate))`,
    never('errors'),
  ),
  rule(`(?<subject>${SUBJECT}) (?:always fails|fails every time|never succeeds|never works)`, always('errors')),
  rule(
    `(?:there (?:is|are|was|were) )?no (?:errors?|failures?|failed calls?)(?: (?:was|were|is|are) (?:seen|found|recorded|observed))?(?: at all| in all)?$`,
    never('errors'),
  ),
  rule(
    `(?:${SHARE}) (?:of the )?(?:operations?|models?) (?:had|has|have|shows?|showed|sees?|saw) (?:some )?(?:errors|failures|failed calls)`,
    rowShare((row) => Number((row.errors ?? 0) > 0)),
  ),
  rule(`no ${CALLS}${ITS} (?:is|are|was|were) without (?:a )?(?:known )?(?:price|cost)`, always('priced')),
  rule(`no (?:operation|model) (?:is|was) without (?:a )?(?:known )?price`, everyPriced),
  rule(`prices? (?:is|are) known for (?:every|each|all)(?: the)? (?:model|operation)s?`, everyPriced),
  rule(`prices? of (?:every|each|all)(?: the)? (?:model|operation)s? (?:is|are) known`, everyPriced),
  rule(
    `(?:every|each|all)(?: the)? (?:model|operation)s? (?:in use )?(?:has|have|had) (?:a )?(?:known )?prices?`,
    everyPriced,
  ),
  rule(
    `(?:every|each|all)(?: the| of the)? (?:costs?|spend|amounts?|prices?) (?:(?:is|are|was|were) recorded by|comes? from|(?:is|are) (?:of|from)) posthog(?:'s records?)?`,
    (_groups, { ground }) => recorded(ground),
  ),
  rule(
    `nothing (?:is|was|had to be) backfilled|no (?:cost|price|amount)s? (?:is|was|were|are|had to be) backfilled|(?:posthog )?recorded every cost`,
    (_groups, { ground }) => recorded(ground),
  ),
  ...WHOLE.flatMap(([measure, whole]) => [
    rule(
      `${ITSELF}(?<subjects>${SUBJECTS})(?:,? (?:taken )?together| combined)?,? ${TAKES} (?<not>not )?(?:only |just )?(?:${SHARE}) (?:of )?${whole}${NO_PART}`,
      spendShare(measure),
    ),
    rule(`(?:${SHARE}) (?:of )?${whole} ${GOES} (?<subjects>${SUBJECTS})`, spendShare(measure)),
  ]),
  rule(`(?:the )?recommendations (?:together )?(?:save|would save|cut|remove) (?:${SHARE}) of ${SPEND}`, saved),
  rule(`(?:${SHARE}) of ${SPEND} (?:is|can be|could be) saved`, saved),
  rule(
    `(?:${SHARE})(?: of)?(?: the| all)? ?${READ} (?:is|are|was|were)(?<not> not)? (?<tag>abnormal|clean|normal|healthy|flawed|faulty)`,
    tagged,
  ),
];

/** One reading is enough where a clause may be about its recommendation's operation or about all calls. */
function anyOf(shares: (number | null)[], groups: Groups, what: string): Verdict | null {
  const known = shares.filter((share) => share !== null);
  const verdicts = known.map((share) => isShare(groups, share));
  if (known.length === 0 || known.length < shares.length || verdicts.includes(null)) return null;
  const isNot = groups.not !== undefined;
  return {
    holds: verdicts.some((verdict) => verdict !== isNot),
    says: `the data say ${known.map((share) => `${shown(100 * share)}%`).join(' or ')} (${what})`,
  };
}

/** The subject's row, or those that a clause without one may mean. */
function rowsMeant(subject: string | undefined, { clause, ground }: Place): Row[] {
  if (subject !== undefined) return [rowOf(subject, null, ground)].filter((row) => row !== null);
  const key = clause.operation === null ? undefined : traceKey(clause.operation);
  const own = rowsOf('o', null, ground.artifacts).filter(({ name }) => name === key);
  return [...own, everything(ground)].filter(({ calls }) => calls !== 0);
}

/** All calls as one row. */
function everything(ground: Ground): Row {
  const rows = rowsOf('o', null, ground.artifacts);
  const calls = totalOf('calls', ground);
  const failed = rows.reduce((sum, row) => sum + (row.errors ?? 0) * (row.calls ?? 0), 0);
  return {
    name: '',
    kind: 'operation',
    cost: totalCost(ground.artifacts),
    calls,
    tokens: totalOf('tokens', ground),
    errors: calls > 0 ? failed / calls : 0,
    latency: null,
    saving: null,
    severity: null,
    unpriced: rows.reduce((sum, row) => sum + row.unpriced, 0),
  };
}

function callShare(share: (row: Row, ground: Ground) => number | null): Check {
  return (groups, place) => {
    if (frameOf(place.clause.text)?.days !== null) return null;
    const rows = rowsMeant(groups.subject, place);
    return anyOf(
      rows.map((row) => share(row, place.ground)),
      groups,
      'share of the calls',
    );
  };
}

/** The share of operations, or of models, that all of it is true of; for `no …` those that some of it is. */
function rowShare(share: (row: Row, ground: Ground) => number | null): Check {
  return (groups, { clause, ground }) => {
    const rows = rowsOf(/\bmodels?\b/u.test(clause.text) ? 'm' : 'o', null, ground.artifacts);
    const shares = rows.map((row) => share(row, ground)).filter((value) => value !== null);
    if (shares.length === 0 || shares.length < rows.length || frameOf(clause.text)?.days !== null) return null;
    return anyOf([shares.filter((value) => value > 0).length / shares.length], groups, 'share of them');
  };
}

function never(what: 'errors'): Check {
  return exact((row) => row[what], 0);
}

function always(what: 'errors' | 'priced'): Check {
  return exact((row) => (what === 'priced' ? 1 - unpriced(row) : row.errors), 1);
}

function exact(share: (row: Row) => number | null, wanted: number): Check {
  return (groups, place) => {
    if (frameOf(place.clause.text)?.days !== null) return null;
    const shares = rowsMeant(groups.subject, place)
      .map(share)
      .filter((value) => value !== null);
    const says = `the data say ${shares.map((value) => `${shown(100 * value)}%`).join(' or ')} of the calls`;
    return shares.length === 0 ? null : { holds: shares.includes(wanted), says };
  };
}

/** A model has no known price where none of its calls has one. */
function everyPriced(_groups: Groups, { clause, ground }: Place): Verdict | null {
  const rows = rowsOf(/\bmodels?\b/u.test(clause.text) ? 'm' : 'o', null, ground.artifacts);
  const bare = rows.filter(({ calls, unpriced: count }) => (calls ?? 0) > 0 && count === calls);
  if (rows.length === 0) return null;
  return { holds: bare.length === 0, says: `no price is known for ${bare.map(({ name }) => name).join(', ')}` };
}

function recorded({ artifacts: { spans } }: Ground): Verdict | null {
  if (!spans.value) return null;
  const sum = spans.value.reduce((total, row) => total + row.backfilled_cost_usd, 0);
  return { holds: sum === 0, says: `$${shown(sum)} are backfilled` };
}

function spendShare(measure: 'cost' | 'calls' | 'tokens'): Check {
  return (groups, { clause, ground }) => {
    const frame = frameOf(clause.text);
    const rows = tokensOf(groups.subjects).map((token) => rowOf(token, null, ground)?.[measure]);
    const known = rows.filter((value) => typeof value === 'number');
    const total = totalOf(measure, ground);
    if (frame?.days !== null || frame.perCall || known.length < rows.length || total === 0) return null;
    return anyOf([known.reduce((a, b) => a + b, 0) / total], groups, `share of all ${measure}`);
  };
}

function saved(groups: Groups, { ground: { artifacts } }: Place): Verdict | null {
  const monthly = totalCost(artifacts) * monthFactor(artifacts);
  const savings = projectedSavings(artifacts);
  return savings && monthly > 0 ? anyOf([savings.expected / monthly], groups, 'savings as a share of the spend') : null;
}

function tagged(groups: Groups, { ground }: Place): Verdict | null {
  const samples = ground.artifacts.samples.value ?? [];
  if (samples.length === 0) return null;
  const clean = samples.filter(({ abnormality }) => abnormality === 'clean').length / samples.length;
  const share = /^(?:clean|normal|healthy)$/u.test(groups.tag ?? '') ? clean : 1 - clean;
  return anyOf([share], groups, 'share of the traces that were read');
}
