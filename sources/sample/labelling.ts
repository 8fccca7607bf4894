import type { SampleEvent } from './event.ts';
import { SUMMARY } from './instructions.ts';
import { type Operation, single } from './operation.ts';
import { cutReply, question, records, reply } from './prose.ts';
import type { Random } from './random.ts';

function classifyTicket(random: Random, at: number): SampleEvent[] {
  const system = 'Classify the ticket. Answer with one label: billing, bug, how-to, account or spam.';
  const output = random.pick(['billing', 'billing', 'bug', 'how-to', 'how-to', 'account', 'spam']);
  const user = question(random, random.around(260, 0.35));
  return [single(random, { system, user }, { operation: 'classify_ticket', model: 'gpt-4.1', at, output })];
}

const SUMMARY_LIMIT = 300;

function summariseThread(random: Random, at: number): SampleEvent[] {
  const cut = random.chance(0.22);
  const output = cut ? cutReply(random, SUMMARY_LIMIT) : reply(random, Math.min(240, random.around(170, 0.25)));
  return [
    single(
      random,
      { system: SUMMARY, user: records(random, random.around(1500, 0.3)) },
      {
        operation: 'summarise_thread',
        model: 'gpt-4.1',
        at,
        output,
        parameters: { max_tokens: SUMMARY_LIMIT },
        ...(cut ? { stop: 'length', usage: { outputTokens: SUMMARY_LIMIT } } : {}),
      },
    ),
  ];
}

const TAGS = ['billing', 'export', 'login', 'integration', 'mobile', 'refund', 'outage', 'feature-request'];

function suggestTags(random: Random, at: number): SampleEvent[] {
  const output = random.chance(0.12)
    ? ''
    : `${random.pick(TAGS)}, ${random.pick(TAGS)}, ${random.pick(['urgent', 'normal', 'low'])}`;
  const prompt = {
    system: 'Suggest up to three tags for the ticket, separated by commas.',
    user: question(random, random.around(220, 0.3)),
  };
  return [single(random, prompt, { operation: 'suggest_tags', model: 'gpt-5.4-mini', at, output })];
}

/** A batch of survey answers; some batches run into the provider's limit and go on regardless. */
function bulkSentiment(random: Random, at: number): SampleEvent[] {
  const size = random.integer(8, 16);
  const limit = random.chance(0.32) ? Math.floor(size * random.between(0.3, 0.6)) : size;
  const error = { status: 429, type: 'rate_limit_error', message: 'Rate limit reached for requests' };
  return Array.from({ length: size }, (_, i) =>
    single(
      random,
      { system: 'Answer positive, neutral or negative.', user: question(random, random.around(140, 0.35)) },
      {
        operation: 'bulk_sentiment',
        model: 'gpt-4o-mini',
        at: at + i * 700,
        output: random.pick(['positive', 'neutral', 'negative']),
        ...(i < limit ? {} : { error, latency: random.between(0.05, 0.2) }),
      },
    ),
  );
}

function weeklyDigest(random: Random, at: number): SampleEvent[] {
  const late = random.chance(0.2)
    ? {
        error: { status: random.pick([408, 504]), type: 'timeout', message: 'Request timed out.' },
        latency: random.between(58, 120),
      }
    : {};
  const prompt = { system: SUMMARY, user: records(random, random.around(2600, 0.2)) };
  const output = reply(random, random.around(820, 0.25));
  return [single(random, prompt, { operation: 'weekly_digest', model: 'gemini-2.5-flash', at, output, ...late })];
}

function routeTicket(random: Random, at: number): SampleEvent[] {
  const prompt = { system: 'Name the team that should answer.', user: question(random, random.around(150, 0.3)) };
  const output = random.pick(['billing team', 'platform team', 'success team']);
  return [single(random, prompt, { operation: 'route_ticket', model: 'fernhill-router-2', at, output })];
}

function detectLanguage(random: Random, at: number): SampleEvent[] {
  const prompt = {
    system: 'Answer with the ISO code of the language.',
    user: question(random, random.around(110, 0.35)),
  };
  const output = random.pick(['en', 'en', 'de', 'fr', 'es']);
  const operation = random.chance(0.12) ? null : 'detect_language';
  return [single(random, prompt, { operation, model: 'gpt-4o-mini', at, output })];
}

/** Operations that sort, label and condense. */
export const LABELLING: readonly Operation[] = [
  {
    name: 'classify_ticket',
    perDay: 36,
    problem: 'model_misuse',
    note: 'a one-word label from gpt-4.1',
    visit: classifyTicket,
  },
  {
    name: 'summarise_thread',
    perDay: 12,
    problem: 'response_truncation',
    note: 'a fifth of the summaries end at the limit of 300 tokens, in the middle of a word',
    visit: summariseThread,
  },
  {
    name: 'suggest_tags',
    perDay: 14,
    problem: 'empty_output',
    note: 'one answer in eight is empty; the model is too new for a recorded cost',
    visit: suggestTags,
  },
  {
    name: 'bulk_sentiment',
    perDay: 2,
    problem: 'rate_limited',
    note: 'batches that go on after the first 429',
    visit: bulkSentiment,
  },
  {
    name: 'weekly_digest',
    perDay: 5,
    problem: 'timeouts',
    note: 'a fifth of the digests end with 408 or 504 after a minute or two',
    visit: weeklyDigest,
  },
  {
    name: 'route_ticket',
    perDay: 10,
    problem: 'unpriced_model',
    note: 'a model of their own that no price list knows',
    visit: routeTicket,
  },
  {
    name: 'detect_language',
    perDay: 14,
    problem: null,
    note: 'one word from the cheapest model; some calls are unnamed',
    visit: detectLanguage,
  },
];
