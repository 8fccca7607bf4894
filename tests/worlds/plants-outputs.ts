import { moments } from './clock.ts';
import type { Call, Emptiness } from './event.ts';
import {
  ask,
  EVERYDAY,
  newTrace,
  ordinarySizes,
  plain,
  plantedAmong,
  type Shape,
  type Site,
  type Sizes,
  turn,
} from './site.ts';
import { answer, cut, report, type Theme, tokensOf } from './text.ts';

/** An operation of single calls, some of which end badly. */
function spoiling(site: Site, sizes: Sizes, spoil: (call: Call) => Call): Call[] {
  const { r, clock, calls } = site;
  const planted = plantedAmong(site, calls);
  return moments(r, clock, calls).map((at, i) => {
    const call = plain(site, at, sizes);
    return planted.has(i) ? { ...spoil(call), planted: true } : call;
  });
}

/** Answers beyond the limit are cut there; the others are well below it. */
function truncated(name: string, stopIn: NonNullable<Shape['stopIn']>, parameters: boolean): Shape {
  return {
    name,
    stopIn,
    ...(stopIn === 'property' ? {} : { needsContent: true as const }),
    models: EVERYDAY,
    calls: [100, 1000],
    intensity: [0.06, 0.4],
    build(site) {
      const { r, theme } = site;
      const limit = r.pick([256, 300, 400, 512, 600, 1024]);
      const sizes = { input: r.integer(300, 1200), output: limit * 0.4, sigma: 0.22 };
      const all = spoiling(site, sizes, (call) => {
        const text = cut(r, answer(r, theme, (limit / site.factor) * 1.02));
        return { ...turn(site, { ...call, text }), output: limit, stop: 'length' };
      });
      return all.map((call) => ({
        ...call,
        ...(parameters ? { parameters: { max_tokens: limit } } : {}),
        output: call.planted ? limit : Math.min(call.output, limit - 8),
      }));
    },
  };
}

export const RESPONSE_TRUNCATION: readonly Shape[] = [
  truncated('stop_reason_property', 'property', false),
  truncated('stop_reason_property_and_limit', 'property', true),
  truncated('finish_reason_in_choices', 'choices', false),
  truncated('pinned_at_the_limit', 'nowhere', false),
  truncated('pinned_at_a_known_limit', 'nowhere', true),
];

function emptied(name: string, empty: Emptiness, output: readonly [number, number], models = EVERYDAY): Shape {
  return {
    name,
    needsContent: true,
    models,
    calls: [100, 1000],
    intensity: [0.06, 0.4],
    build: (site) =>
      spoiling(site, ordinarySizes(site.r), (call) => ({
        ...call,
        reply: { empty },
        output: site.r.integer(...output),
        latency: site.r.between(0.3, 1.2),
      })),
  };
}

export const EMPTY_OUTPUT: readonly Shape[] = [
  emptied('empty_text', 'string', [0, 1]),
  emptied('no_choices', 'no_choices', [0, 0]),
  emptied('null_content', 'null', [0, 2]),
  emptied('white_space', 'blank', [1, 2]),
  emptied('no_parts', 'no_parts', [0, 1]),
];

function record(site: Site): Record<string, unknown> {
  const { r, theme } = site;
  return {
    subject: r.pick(theme.what),
    party: r.pick(theme.who),
    amount: r.integer(10, 4000),
    category: r.pick(theme.labels),
    next_step: r.pick(theme.advice),
  };
}

/** Calls that must answer with one JSON object; `write` says how the k-th one is spelled. */
export function jsonTask(site: Site, write: (object: Record<string, unknown>, index: number) => string): Call[] {
  const { r, theme, clock, calls } = site;
  const system = 'Return one JSON object with the keys subject, party, amount, category and next_step. No other text.';
  const size = r.integer(150, 700);
  return moments(r, clock, calls).map((at, i) =>
    turn(site, {
      trace: newTrace(site),
      user: r.pick(site.users),
      at,
      messages: [
        { role: 'system', text: system },
        { role: 'user', text: report(r, theme, r.around(size, 0.35)) },
      ],
      text: write(record(site), i),
    }),
  );
}

function malformed(name: string, write: (object: Record<string, unknown>, site: Site) => string): Shape {
  return {
    name,
    needsContent: true,
    models: EVERYDAY,
    calls: [150, 1000],
    intensity: [0.06, 0.3],
    build(site) {
      const planted = plantedAmong(site, site.calls);
      const calls = jsonTask(site, (object, i) => (planted.has(i) ? write(object, site) : JSON.stringify(object)));
      return calls.map((call, i) => (planted.has(i) ? { ...call, planted: true } : call));
    },
  };
}

export const MALFORMED_OUTPUT: readonly Shape[] = [
  malformed(
    'prose_instead_of_json',
    (object, { r, theme }) => `The subject is ${object.subject}. ${answer(r, theme, 40)}`,
  ),
  malformed('bracket_missing', (object) => JSON.stringify(object, null, 1).slice(0, -2)),
  malformed(
    'python_literal',
    (object) => `{'subject': '${object.subject}', 'amount': ${object.amount}, 'party': None}`,
  ),
  malformed('trailing_commas', (object) => JSON.stringify(object).replaceAll(/"}/g, '",}')),
];

function confused(name: string, write: (site: Site, question: string) => string): Shape {
  return {
    name,
    needsContent: true,
    models: EVERYDAY.filter((model) => model.tier === 'budget'),
    calls: [150, 1000],
    intensity: [0.08, 0.35],
    build(site) {
      const { r, theme, clock, calls } = site;
      const planted = plantedAmong(site, calls);
      const system = `Classify the message. Answer with exactly one of: ${theme.labels.join(', ')}. Nothing else.`;
      return moments(r, clock, calls).map((at, i) => {
        const question = report(r, theme, r.around(140, 0.35));
        const text = planted.has(i) ? write(site, question) : r.pick(theme.labels);
        const messages = [
          { role: 'system' as const, text: system },
          { role: 'user' as const, text: question },
        ];
        const call = turn(site, { trace: newTrace(site), user: r.pick(site.users), at, messages, text });
        return planted.has(i) ? { ...call, planted: true } : call;
      });
    },
  };
}

function other(theme: Theme): readonly string[] {
  return ['banana', 'unsure', 'category 7', `${theme.what[0]}`, 'N/A'];
}

export const MODEL_CONFUSION: readonly Shape[] = [
  confused('refuses_or_speaks_of_itself', ({ r }) =>
    r.pick([
      "I'm sorry, but as an AI language model I cannot help with that request.",
      "I'm sorry, I can't assist with that.",
      'As an AI, I do not have access to the message you are referring to.',
    ]),
  ),
  confused('asks_for_what_it_was_given', ({ r }) =>
    r.pick([
      'Please provide the message you would like me to classify.',
      "Sure! I'd be happy to help. Could you paste the text?",
      'It looks like the message is missing. Please share the text and I will classify it.',
    ]),
  ),
  confused('essay_instead_of_a_label', ({ r, theme }) => answer(r, theme, r.integer(60, 120))),
  confused('label_outside_the_list', ({ r, theme }) => r.pick(other(theme))),
];

export const OUTPUT_VARIANCE: readonly Shape[] = [
  {
    name: 'two_modes',
    models: EVERYDAY,
    calls: [150, 900],
    intensity: [0.08, 0.25],
    build(site) {
      const { r, theme } = site;
      const sizes = { input: r.integer(200, 600), output: r.integer(50, 110), sigma: 0.25 };
      const times = r.between(12, 20);
      return spoiling(site, sizes, (call) =>
        turn(site, { ...call, text: answer(r, theme, sizes.output * times * r.between(0.8, 1.3)) }),
      );
    },
  },
  {
    name: 'very_wide_spread',
    models: EVERYDAY,
    calls: [200, 900],
    build(site) {
      const { r, theme, clock, calls } = site;
      const median = r.integer(60, 120);
      const sigma = r.between(1.4, 1.7);
      const question = r.integer(150, 400);
      return moments(r, clock, calls).map((at) => {
        const text = answer(r, theme, Math.min(6000, r.around(median, sigma)));
        const messages = ask(site, report(r, theme, r.around(question, 0.2)));
        const call = turn(site, { trace: newTrace(site), user: r.pick(site.users), at, messages, text });
        return tokensOf(text) > median * 3 ? { ...call, planted: true } : call;
      });
    },
  },
];
