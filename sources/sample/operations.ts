import { answer, generation, messages, type SampleEvent, toolCall } from './event.ts';
import { article, question, reply } from './prose.ts';
import type { Random } from './random.ts';

/** One visit to an operation: the calls of one trace that begins at `at` (ms). */
export type Visit = (random: Random, at: number) => SampleEvent[];

export interface Operation {
  name: string;
  /** Traces a weekday. */
  perDay: number;
  /** The problem that is planted in it, null where it is sound. */
  problem: string | null;
  visit: Visit;
}

const SYSTEM = 'You are the support assistant of Fernhill, a help-desk product. Be brief, polite and exact.';
/** A policy text that every call of the knowledge-base bot repeats: about 3,400 tokens. */
const POLICY = Array.from(
  { length: 90 },
  (_, i) =>
    `Rule ${i + 1}: when a customer asks about topic ${i * 7 + 3}, quote section ${i + 11} of the terms, name the plan it applies to, and never promise a date.`,
).join('\n');

export const OPERATIONS: readonly Operation[] = [
  { name: 'draft_reply', perDay: 40, problem: 'prompt_bloat', visit: draftReply },
  { name: 'classify_ticket', perDay: 45, problem: 'model_misuse', visit: classifyTicket },
  { name: 'extract_order', perDay: 16, problem: 'retry_storm', visit: extractOrder },
  { name: 'support_chat', perDay: 8, problem: 'context_stuffing', visit: supportChat },
  { name: 'kb_answer', perDay: 36, problem: 'cacheable_prefix', visit: kbAnswer },
  { name: 'translate_macro', perDay: 18, problem: 'duplicate_calls', visit: translateMacro },
  { name: 'summarise_thread', perDay: 15, problem: 'response_truncation', visit: summariseThread },
  { name: 'suggest_tags', perDay: 18, problem: 'empty_output', visit: suggestTags },
  { name: 'refund_agent', perDay: 8, problem: 'tool_abuse', visit: refundAgent },
  { name: 'bulk_sentiment', perDay: 15, problem: 'rate_limited', visit: bulkSentiment },
  { name: 'weekly_digest', perDay: 6, problem: 'timeouts', visit: weeklyDigest },
  { name: 'route_ticket', perDay: 12, problem: 'unpriced_model', visit: routeTicket },
  { name: 'rewrite_tone', perDay: 14, problem: null, visit: rewriteTone },
  { name: 'detect_language', perDay: 20, problem: null, visit: detectLanguage },
];

function draftReply(random: Random, at: number): SampleEvent[] {
  const stuffed = random.chance(0.14);
  const inputTokens = stuffed ? random.between(9000, 19_000) : random.around(1100, 0.3);
  const user = `${article(random, inputTokens - 60)}\n\nCustomer: ${question(random, 40)}`;
  const out = random.around(190, 0.3);
  return [
    generation(random, {
      operation: 'draft_reply',
      model: 'gpt-4o',
      trace: random.uuid(),
      at,
      input: messages(SYSTEM, user),
      output: answer(reply(random, out)),
      inputTokens,
      outputTokens: out,
    }),
  ];
}

function classifyTicket(random: Random, at: number): SampleEvent[] {
  const label = random.pick(['billing', 'bug', 'how-to', 'account', 'spam']);
  return [
    generation(random, {
      operation: 'classify_ticket',
      model: 'gpt-4.1',
      trace: random.uuid(),
      at,
      input: messages('Answer with one label: billing, bug, how-to, account or spam.', question(random, 260)),
      output: answer(label),
      inputTokens: random.around(300, 0.2),
      outputTokens: random.integer(1, 3),
    }),
  ];
}

function extractOrder(random: Random, at: number): SampleEvent[] {
  const trace = random.uuid();
  const input = messages('Extract the order as JSON with the keys id, amount and currency.', question(random, 500));
  const inputTokens = Math.round(random.around(620, 0.2));
  const tries = random.chance(0.18) ? random.integer(4, 8) : 1;
  return Array.from({ length: tries }, (_, i) =>
    generation(random, {
      operation: 'extract_order',
      model: 'gpt-4o',
      trace,
      at: at + i * 2500,
      input,
      output: answer(JSON.stringify({ id: random.integer(1000, 9999), amount: 40, currency: 'EUR' })),
      inputTokens,
      outputTokens: random.around(60, 0.15),
    }),
  );
}

function supportChat(random: Random, at: number): SampleEvent[] {
  const trace = random.uuid();
  const turns = random.chance(0.35) ? random.integer(10, 20) : random.integer(2, 4);
  const history: unknown[] = [{ role: 'system', content: SYSTEM }];
  let inputTokens = random.around(420, 0.2);
  return Array.from({ length: turns }, (_, i) => {
    history.push({ role: 'user', content: question(random, 90) });
    const out = random.around(220, 0.3);
    const text = reply(random, out);
    const event = generation(random, {
      operation: 'support_chat',
      model: 'claude-sonnet-4-5',
      trace,
      at: at + i * 45_000,
      input: [...history],
      output: answer(text),
      inputTokens,
      outputTokens: out,
    });
    history.push({ role: 'assistant', content: text });
    inputTokens += out + random.around(520, 0.2);
    return event;
  });
}

function kbAnswer(random: Random, at: number): SampleEvent[] {
  const out = random.around(130, 0.3);
  return [
    generation(random, {
      operation: 'kb_answer',
      model: 'claude-sonnet-4-5',
      trace: random.uuid(),
      at,
      input: messages(POLICY, question(random, 60)),
      output: answer(reply(random, out)),
      inputTokens: Math.round(POLICY.length / 4) + random.around(70, 0.2),
      outputTokens: out,
    }),
  ];
}

function translateMacro(random: Random, at: number): SampleEvent[] {
  const macro = random.integer(1, 6);
  const repeated = random.chance(0.4);
  const user = repeated
    ? `Translate macro ${macro} into German: Thank you for your message. We will answer within one working day.`
    : `Translate into German: ${question(random, 90)}`;
  const out = random.around(80, 0.2);
  return [
    generation(random, {
      operation: 'translate_macro',
      model: 'gpt-4o',
      trace: random.uuid(),
      at,
      input: messages(SYSTEM, user),
      output: answer(reply(random, out)),
      inputTokens: repeated ? 140 + macro : random.around(190, 0.2),
      outputTokens: out,
    }),
  ];
}

function summariseThread(random: Random, at: number): SampleEvent[] {
  const cut = random.chance(0.22);
  const out = cut ? 300 : random.around(170, 0.25);
  const text = reply(random, Math.min(out, 300));
  return [
    generation(random, {
      operation: 'summarise_thread',
      model: 'gpt-4.1',
      trace: random.uuid(),
      at,
      input: messages(SYSTEM, article(random, 1600)),
      output: answer(cut ? text.slice(0, -23) : text),
      inputTokens: random.around(1750, 0.25),
      outputTokens: Math.min(out, 300),
      stop: cut ? 'length' : 'stop',
    }),
  ];
}

function suggestTags(random: Random, at: number): SampleEvent[] {
  const empty = random.chance(0.12);
  return [
    generation(random, {
      operation: 'suggest_tags',
      model: 'gemini-2.5-flash',
      trace: random.uuid(),
      at,
      input: messages('Suggest up to three tags.', question(random, 240)),
      output: empty ? answer('') : answer(`${random.pick(['billing', 'export', 'login'])}, urgent.`),
      inputTokens: random.around(280, 0.2),
      outputTokens: empty ? 0 : random.integer(4, 12),
    }),
  ];
}

function refundAgent(random: Random, at: number): SampleEvent[] {
  const trace = random.uuid();
  const loops = random.chance(0.25);
  const steps = loops ? random.integer(6, 11) : random.integer(2, 5);
  const history: unknown[] = [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: question(random, 120) },
  ];
  const order = random.integer(1000, 9999);
  return Array.from({ length: steps }, (_, i) => {
    const call = toolCall(
      random,
      loops ? 'get_order' : random.pick(['get_order', 'list_payments', 'get_customer']),
      loops ? { id: order } : { id: order, page: i },
    );
    const event = generation(random, {
      operation: 'refund_agent',
      model: 'gpt-4.1',
      trace,
      at: at + i * 6000,
      input: [...history],
      output: [call],
      inputTokens: 900 + i * 140,
      outputTokens: random.integer(24, 48),
      stop: 'tool_calls',
      extra: { $ai_tools_called: loops ? 'get_order' : 'list_payments' },
    });
    history.push(call, { role: 'tool', content: loops ? 'Order not found.' : reply(random, 40) });
    return event;
  });
}

function bulkSentiment(random: Random, at: number): SampleEvent[] {
  const refused = random.chance(0.13);
  return [
    generation(random, {
      operation: 'bulk_sentiment',
      model: 'gpt-4o-mini',
      trace: random.uuid(),
      at,
      input: messages('Answer positive, neutral or negative.', question(random, 180)),
      output: answer(random.pick(['positive', 'neutral', 'negative'])),
      inputTokens: random.around(220, 0.2),
      outputTokens: 2,
      ...(refused ? { error: { status: 429, message: '429 Rate limit reached for requests' }, latency: 0.08 } : {}),
    }),
  ];
}

function weeklyDigest(random: Random, at: number): SampleEvent[] {
  const late = random.chance(0.2);
  const out = random.around(900, 0.25);
  return [
    generation(random, {
      operation: 'weekly_digest',
      model: 'claude-sonnet-4-5',
      trace: random.uuid(),
      at,
      input: messages(SYSTEM, article(random, 2600)),
      output: answer(reply(random, out)),
      inputTokens: random.around(2900, 0.2),
      outputTokens: out,
      ...(late
        ? {
            error: { status: random.pick([408, 504]), message: 'Request timed out.' },
            latency: random.between(58, 120),
          }
        : {}),
    }),
  ];
}

function routeTicket(random: Random, at: number): SampleEvent[] {
  return [
    generation(random, {
      operation: 'route_ticket',
      model: 'fernhill-router-2',
      trace: random.uuid(),
      at,
      input: messages('Name the team.', question(random, 150)),
      output: answer(random.pick(['billing team', 'platform team', 'success team'])),
      inputTokens: random.around(190, 0.2),
      outputTokens: random.integer(2, 5),
    }),
  ];
}

function rewriteTone(random: Random, at: number): SampleEvent[] {
  const out = random.around(260, 0.4);
  return [
    generation(random, {
      operation: 'rewrite_tone',
      model: 'claude-haiku-4-5',
      trace: random.uuid(),
      at,
      input: messages(SYSTEM, reply(random, 300)),
      output: answer(reply(random, out)),
      inputTokens: random.around(380, 0.4),
      outputTokens: out,
    }),
  ];
}

function detectLanguage(random: Random, at: number): SampleEvent[] {
  return [
    generation(random, {
      operation: random.chance(0.1) ? null : 'detect_language',
      model: 'gpt-4o-mini',
      trace: random.uuid(),
      at,
      input: messages('Answer with the ISO code of the language.', question(random, 120)),
      output: answer(random.pick(['en', 'de', 'fr', 'es'])),
      inputTokens: random.around(150, 0.2),
      outputTokens: 1,
    }),
  ];
}
