import type { Figure } from './figures.ts';

/** What a figure may measure: the keys of the data that hold such values. */
export interface Quantity {
  keys: RegExp;
  /** The line says what it is: nothing else will do. */
  said: boolean;
}

/** A word that says what is measured, and the keys that hold it. */
type Topic = [words: RegExp, keys: RegExp];

const NONE = /(?!)/u;
const BASELINE = /^baseline$/u;

const CALLS =
  /^(?:calls\w*|generations|totals_calls|traces_calls|n_calls|calls_seen|calls_of|seen|of|failed_calls|repeated_calls|unpriced_calls|unnamed_calls|exact_calls|long_calls|shared_calls|most_calls_in_a_trace|within_\w+|totals_unpriced_calls|rate_limited|timeouts|server_errors)$/u;
const FAILED =
  /^(?:errors\w*|failed\w*|calls_failed|rate_limited|timeouts|server_errors|\w+_errors|http_\d+|cost_of_failed\w*)$/u;
const TRACES =
  /^(?:traces\w*|n|traces_seen|traces_of|seen|of|most_traces\w*|samples\w*|totals_traces|outliers_\w+|traces_total)$/u;
const TOKENS =
  /^(?!.*(?:usd|cost|share|rate))(?:\w*tokens\w*|context_\w+|max_context|max_out|out_\w+|first_\w+|last_\w+|largest_\w+|median_(?:context|out))$/u;
const ANSWERS =
  /^(?:calls\w*|seen|of|\w+_seen|\w+_of|identical_answers|distinct_requests|same_\w+|limit_stops|generations)$/u;

/** What figures count. */
const NOUNS: Topic[] = [
  [/^embeddings?$/iu, /embeddings/u],
  [/^(?:calls?|requests?|generations?|attempts?|queries|invocations?)$/iu, CALLS],
  [/^(?:traces?|conversations?|sessions?|threads?)$/iu, TRACES],
  [/^tokens?$/iu, TOKENS],
  [/^(?:prompts?|answers?|outputs?|responses?|completions?)$/iu, ANSWERS],
  [/^(?:rate|rate-)limits?$|^limits$|^refusals?$/iu, /^(?:rate_limited|errors|http_429|calls_seen)$/u],
  [/^time-?outs?$/iu, /^(?:timeouts|errors|calls_seen)$/u],
  [/^(?:errors?|failures?|failed|fail)$/iu, FAILED],
  [
    /^(?:repeats?|retries|repetitions?|duplicates?)$/iu,
    /^(?:repeated_calls|most_repeats|same_total|identical_answers|calls_seen)$/u,
  ],
  [/^(?:turns?|rounds?)$/iu, /turns|^calls$|^generations$/u],
  [/^outliers?$/iu, /^outliers/u],
  [/^operations?$/iu, /^(?:totals_)?operations$/u],
  [/^models?$/iu, /^(?:totals_|pricing_)?models$/u],
  [/^(?:findings?|problems?|patterns?|issues?)$/iu, /^findings/u],
  [/^(?:recommendations?|fixes|priorities|changes)$/iu, /^recommendations$/u],
  [/^(?:samples?|abnormal\w*|kinds)$/iu, /^samples/u],
  [/^baseline$/iu, BASELINE],
  [/^times$/iu, /repeats|^calls_seen$|^seen$/u],
];

/** Words that no noun is behind: a figure before one of them stands alone. */
const STOP =
  /^(?:of|in|on|to|and|or|is|are|was|were|be|where|which|that|who|from|with|at|by|for|per|a|an|the|as|than|but|while|when|if|it|its|they|these|those|this|has|have|had|does|do|not|more|less|over|under|across|during|through|each|every|then|so|after|before|since|until|because|start|starts|show|shows|always|thus)$/iu;
/** Plural nouns that do not end in s. */
const PLURALS = /^(?:people|men|women|children|staff|folks|police|cattle|data)$/iu;
const WORD = /[\p{L}][\p{L}’'-]*/gu;
const NOUN_REACH = 4;

type Noun = { known: RegExp } | 'unknown' | null;

/** The noun behind a figure: one that the data count, one that they do not, or none. */
function nounBehind(after: string): Noun {
  const [clause = ''] = /^[^.,;:!?()|\uFFFC%\d]*/u.exec(after) ?? [];
  for (const [word] of [...clause.matchAll(WORD)].slice(0, NOUN_REACH)) {
    if (STOP.test(word)) return null;
    const known = knownNoun(word);
    if (known) return { known };
    if (PLURALS.test(word) || /(?<![sui])s$/iu.test(word)) return 'unknown';
  }
  return null;
}

/** Words of reports are few. */
const KNOWN_NOUNS = new Map<string, RegExp | undefined>();
const MOST_KNOWN = 10_000;

function knownNoun(word: string): RegExp | undefined {
  if (KNOWN_NOUNS.has(word)) return KNOWN_NOUNS.get(word);
  const stem = word.replace(/-.*$/u, (tail) => (/^-outs?$/iu.test(tail) ? tail : ''));
  const found = NOUNS.find(([words]) => words.test(stem))?.[1];
  if (KNOWN_NOUNS.size < MOST_KNOWN) KNOWN_NOUNS.set(word, found);
  return found;
}

const WASTE =
  /\b(?:wast\w*|sav(?:e|es|ed|ing|ings)|avoid\w*|recover\w*|leak\w*|los(?:t|e|es|s|ses)|excess|retr(?:y|ies)|repeat\w*|duplicat\w*|truncat\w*|affected)\b/iu;
const RANGE = /\b(?:range|between|from|to|interval|up to|at least)\b/iu;

const STATISTICS: Topic[] = [
  [/\bp50\b|\bmedian\b|\btypical\w*|\busual\w*/iu, /median|p50/u],
  [/\bp95\b|\b95th\b/iu, /p95/u],
  [/\bp99\b|\b99th\b/iu, /p99/u],
  [
    /\b(?:max\w*|at most|dearest|largest|longest|slowest|highest|worst|peaks?|up to|most expensive)\b/iu,
    /^(?:max|max_cost\w*|longest\w*|latency_max|max_over_median|\w+_max)$/u,
  ],
  [/\b(?:min|minimum|at least|cheapest|lowest)\b/iu, /^min$/u],
  [/\b(?:mean|averag\w*|avg|on average)\b/iu, /^(?:mean|avg_cost_per_call|mean_over_median)$/u],
];

const WASTED =
  /^(?:expected|low|high|wasted_usd|waste_total|excess_usd|affected_cost_usd|cost_of_failed_calls_usd|totals_savings_\w+|lost_\w+)$/u;
const COST =
  /^(?:total_cost_usd|cost_usd|cost|operation_cost_usd|total_usd|monthly_cost_usd|totals_cost_usd|totals_monthly_spend_usd)$/u;

const MONEY: Topic[] = [
  [/\bbaseline\b/iu, BASELINE],
  [/\bto\b|\brange\b|\bbetween\b/iu, /^(?:min|max|low|expected|high)$/u],
  [/\bprefix\w*|\bcach\w*/iu, /^prefix_\w*usd$/u],
  [/\brecorded\b/iu, /recorded/u],
  [/\bbackfill\w*/iu, /backfilled/u],
  [/\bembedding\w*/iu, /^embedding/u],
  [/\bwould\b|\brepric\w*|\binput\b/iu, /^(?:repriced_usd|list_input_cost_usd)$/u],
  [/\bseven\b|\b7 days\b|\bweek\b/iu, /^total_cost_usd_7d$/u],
  [/\b3 days\b|\bthree days\b/iu, /^total_cost_usd_3d$/u],
  ...STATISTICS,
];

const PER: [RegExp, string][] = [
  [/^\s?(?:spent |paid )?(?:a|per|each|\/)\s?(?:month|year)/iu, 'month'],
  [/^\s?(?:a|per|each|\/)\s?day/iu, 'day'],
  [/^\s?(?:a|per|each|\/|for each)\s?(?:call|request|generation)\b/iu, 'call'],
];
const PER_CALL = /^(?:avg_cost_per_call|cost_per_call_\w+|baseline|target_value)$/u;

const SHARES = /share|rate(?!d)|reuse|savings_of/u;
const OF_ITS = /^\s*of (?:its|their|this|that|the operation['’]s) /iu;
const OF_SPEND =
  /^\s*of (?:(?:its|their|the|all|this|that|our|total|whole|monthly|overall) )*(?:spend\w*|costs?|bill|money|budget|total|dollars)\b/iu;
const OF_CALLS =
  /^\s*(?:of )?(?:(?:its|their|the|all|these|those|total|whole|overall) )*(?:calls|requests|generations|traffic|volume)\b/iu;
const OF_TRACES = /^\s*(?:of )?(?:(?:its|their|the|all|these|those|total) )*(?:traces|conversations|sessions)\b/iu;
const OF_TOKENS =
  /^\s*of (?:(?:its|their|the|all|these|those|every|each|a|input|prompt|input) )*(?:tokens?|prompts?|input)\b/iu;

const FAILING = /\b(?:errors?|fail\w*|refus\w*|rate.?limit\w*|time.?outs?|rejected)\b/iu;
const PERCENT: Topic[] = [
  [/\bbaseline\b/iu, BASELINE],
  [FAILING, /^(?:error_rate|share_of_(?:calls|failed_calls))$/u],
  [/\b(?:cach\w*|reads?|reus\w*|prefix|follow)\b/iu, /cache|reuse|prefix_share/u],
  [/\bbackfill\w*/iu, /backfilled_share/u],
  [/\brecorded\b/iu, /recorded_share/u],
  [/\b(?:no|un)[ -]?name\w*/iu, /unnamed/u],
  [/\b(?:unpriced|no (?:known )?(?:cost|price))\b/iu, /unpriced|without_cost/u],
  [/\bconfidence\b|\bupper\b/iu, /^share_unseen$/u],
];

const SECONDS: Topic[] = [
  [/\bp95\b|\b95th\b/iu, /^(?:p95_latency_s|latency_p95)$/u],
  [/\bp50\b|\bmedian\b|\btypical\w*/iu, /^latency_p50$/u],
  [/\b(?:wait\w*)\b/iu, /^waited_s$/u],
  [
    /\b(?:longest|slowest|max\w*|up to|at most|after|took|takes?|time.?outs?|fail\w*|span\w*|lasts?)\b/iu,
    /^(?:longest_\w+|latency_max|span_s|minutes_s)$/u,
  ],
];
const ALL_SECONDS = /latency|^longest|^span_s$|^waited_s$|^minutes_s$/u;

const RATIOS: Topic[] = [
  [/\btimes$/iu, /repeats|^calls_seen$|^seen$|^times_/u],
  [/\bprompt\w*|\btokens\b/iu, /^times_prompt$/u],
  [/\banswers?\b|\boutput\b/iu, /^times_output$/u],
  [/\bcalls\b/iu, /^times_calls$/u],
  [/\bp95\b/iu, /^p95_over_median$/u],
  [/\b(?:mean|average)\b/iu, /^mean_over_median$/u],
  [/\b(?:max\w*|peaks?|worst|dearest|up to|most)\b/iu, /^max_over_median$/u],
];

/**
 * What a figure measures, told by the words beside it: the noun or unit behind it, then its clause, then its sentence.
 * @param unit of a duration or a ratio, which is not part of the figure
 */
export function quantityOf(figure: Figure, text: string, unit: 'seconds' | 'ratio' | null = null): Quantity | null {
  const end = figure.index + figure.text.length;
  const after = text.slice(end, end + REACH);
  const parts = { after, ...around(figure, text) };
  if (unit === 'seconds') return topical(parts, SECONDS, ALL_SECONDS);
  if (unit === 'ratio') return topical(parts, RATIOS, /^(?:p95_over_median|max_over_median|times_\w+)$/u);
  if (figure.unit === 'usd') return moneyQuantity(parts);
  return figure.unit === 'percent' ? shareQuantity(parts) : countQuantity(parts);
}

interface Parts {
  after: string;
  clause: string;
  sentence: string;
}

/** Sentences are shorter; what stands further off says nothing of a figure. */
const REACH = 300;
const CLAUSE = /[,;:()]|\s(?:and|or|while|where|of which|but)\s/u;

/** The clause and the sentence that a figure stands in. */
function around(figure: Figure, text: string): { clause: string; sentence: string } {
  const end = figure.index + figure.text.length;
  const before = text.slice(Math.max(0, figure.index - REACH), figure.index);
  const sentenceHead = before.split(/[.!?]\s+/u).at(-1) ?? '';
  const [sentenceTail = ''] = text.slice(end, end + REACH).split(/[.!?](?:\s+|$)/u);
  const clauseHead = sentenceHead.split(CLAUSE).at(-1) ?? '';
  const [clauseTail = ''] = sentenceTail.split(CLAUSE);
  const clause = `${clauseHead} ${clauseTail}`;
  return { clause, sentence: `${sentenceHead} ${sentenceTail}` };
}

/** The keys of the topics that the clause names, else of those that the sentence names and the general ones. */
function topical({ clause, sentence }: Omit<Parts, 'after'>, topics: readonly Topic[], general: RegExp): Quantity {
  const own = named(topics, clause);
  if (own.length > 0) return { keys: either(own), said: true };
  return { keys: either([general, ...named(topics, sentence)]), said: false };
}

function named(topics: readonly Topic[], text: string): RegExp[] {
  return topics.flatMap(([words, keys]) => (words.test(text) ? [keys] : []));
}

/** Asked for every figure; there are few combinations of topics. */
const COMBINED = new Map<string, RegExp>();

function either(patterns: readonly RegExp[]): RegExp {
  const source = patterns.map((pattern) => `(?:${pattern.source})`).join('|');
  const combined = COMBINED.get(source) ?? new RegExp(source, 'u');
  COMBINED.set(source, combined);
  return combined;
}

function countQuantity({ after, clause, sentence }: Parts): Quantity | null {
  const noun = nounBehind(after);
  if (noun === 'unknown') return { keys: NONE, said: true };
  if (noun) {
    const failing =
      /^\s(?:failed )?(?:calls|requests|generations)\b/iu.test(after) &&
      /^\s(?:failed\b|\w+ (?:(?:that|have|had) )*fail)/iu.test(after);
    return { keys: failing ? FAILED : noun.known, said: true };
  }
  for (const part of [clause, sentence]) {
    const keys = [...part.matchAll(WORD)].flatMap(([word]) => knownNoun(word) ?? []);
    if (keys.length > 0) return { keys: either(keys), said: part === clause };
  }
  return null;
}

function moneyQuantity(parts: Parts): Quantity {
  const per = PER.find(([pattern]) => pattern.test(parts.after))?.[1];
  const waste =
    WASTE.test(parts.clause) ||
    (per === undefined && WASTE.test(parts.sentence) && named(MONEY, parts.clause).length === 0);
  if (per === 'day') return { keys: /^per_day/u, said: true };
  if (per === 'call') return { keys: PER_CALL, said: true };
  if (per === 'month') {
    const saved = RANGE.test(parts.clause) ? /^(?:expected|low|high)$/u : /^expected$/u;
    const isSpent = /^\s?(?:spent|paid)\b/iu.test(parts.after);
    if (waste && !isSpent) return { keys: saved, said: true };
    const spent = isSpent || /\b(?:cost\w*|spen[dt]\w*|bill|pays?|paid)\b/iu.test(parts.clause);
    return { keys: spent ? /^monthly_cost_usd$/u : either([/^monthly_cost_usd$/u, saved]), said: true };
  }
  if (waste) return { keys: either([WASTED, ...named(MONEY, parts.clause)]), said: true };
  return topical(parts, MONEY, COST);
}

function shareQuantity({ after, clause, sentence }: Parts): Quantity {
  const waste = WASTE.test(clause);
  const its = OF_ITS.test(after);
  const said = true;
  if (OF_SPEND.test(after)) {
    if (waste) return { keys: its ? /^savings_of_own$/u : /^savings_of_all$/u, said };
    if (its) return { keys: /^(?:recorded|backfilled)_share$/u, said };
    return { keys: either([/^share_of_spend$/u, ...named(PERCENT, sentence)]), said };
  }
  if (waste) return { keys: /^(?:savings_of_\w+|totals_savings_share)$/u, said };
  const failing = named(PERCENT, clause);
  if (OF_CALLS.test(after)) {
    const all = /^\s*of (?:all|the|total|overall)\b/iu.test(after);
    if (failing.length > 0 && !all) return { keys: either(failing), said };
    return {
      keys: either([
        ...failing,
        all ? /^share_of_all_calls$/u : /^(?:share_of_calls|reuse_\w+|read_from_cache_share)$/u,
      ]),
      said,
    };
  }
  if (OF_TRACES.test(after)) return { keys: /^share_of_traces$/u, said };
  if (OF_TOKENS.test(after)) return { keys: /^prefix_share_of_prompt$|cache/u, said };
  return topical({ clause, sentence }, PERCENT, SHARES);
}
