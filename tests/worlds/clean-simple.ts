import { batches, moments, sparse } from './clock.ts';
import type { Call, Message } from './event.ts';
import { MODELS } from './models.ts';
import { dense, prefixTokens } from './plants-caching.ts';
import { closedTask, labelTask } from './plants-models.ts';
import { jsonTask } from './plants-outputs.ts';
import { ask, BUDGET, EVERYDAY, failed, newTrace, PREMIUM, plain, type Shape, type Site, turn } from './site.ts';
import { answer, cut, report, rules } from './text.ts';

/** Single calls with a context and an answer of the given sizes. */
function single(site: Site, times: readonly number[], input: number, output: number, sigma: number): Call[] {
  return times.map((at) => plain(site, at, { input, output, sigma }));
}

function usual(site: Site): number[] {
  return moments(site.r, site.clock, site.calls);
}

/** Sound operations of single calls, each with something that a hasty reader takes for a problem. */
export const SIMPLE: readonly Shape[] = [
  {
    name: 'retrieval_with_varied_context',
    models: EVERYDAY,
    calls: [60, 350],
    build: (site) => single(site, usual(site), site.r.integer(3000, 5200), site.r.integer(220, 380), 0.2),
  },
  {
    name: 'long_summaries',
    models: EVERYDAY,
    calls: [60, 350],
    build: (site) => single(site, usual(site), site.r.integer(1500, 3500), site.r.integer(450, 900), 0.35),
  },
  {
    name: 'premium_model_on_hard_work',
    models: PREMIUM,
    calls: [60, 400],
    build: (site) => single(site, usual(site), site.r.integer(500, 1800), site.r.integer(800, 1500), 0.3),
  },
  {
    name: 'wide_but_log_normal',
    models: EVERYDAY,
    calls: [150, 900],
    build: (site) =>
      single(site, usual(site), site.r.integer(250, 700), site.r.integer(150, 300), site.r.between(0.5, 0.7)),
  },
  {
    name: 'nightly_batch',
    models: EVERYDAY,
    calls: [200, 900],
    build: (site) =>
      single(
        site,
        batches(site.r, site.clock, site.calls, [40, 90]),
        site.r.integer(200, 700),
        site.r.integer(90, 260),
        0.3,
      ),
  },
  {
    name: 'budget_model_classifies',
    models: BUDGET,
    calls: [150, 1500],
    build: (site) => closedTask(site, labelTask(site), false),
  },
  {
    name: 'json_sometimes_fenced',
    models: BUDGET,
    calls: [150, 1000],
    build: (site) =>
      jsonTask(site, (object) =>
        site.r.chance(0.4) ? `\`\`\`json\n${JSON.stringify(object, null, 2)}\n\`\`\`` : JSON.stringify(object),
      ),
  },
  {
    name: 'reasoning_tokens_beyond_the_text',
    models: MODELS.filter((model) => model.name === 'o3' || model.name === 'gpt-5'),
    calls: [60, 400],
    build: (site) =>
      single(site, usual(site), 700, 420, 0.3).map((call) => {
        const reasoning = Math.round(call.output * site.r.between(0.6, 1.6));
        return { ...call, reasoning, output: call.output + reasoning };
      }),
  },
  {
    name: 'stray_failures',
    models: EVERYDAY,
    calls: [300, 1200],
    build(site) {
      const { r } = site;
      const bad = r.choose(site.calls, Math.max(1, Math.round(site.calls * r.between(0.003, 0.01))));
      const kinds = [
        { status: 500, type: 'server_error', message: '500 Internal server error', detailed: true },
        { status: 429, type: 'rate_limit_error', message: '429 Rate limit reached', detailed: true },
        { status: 400, type: 'invalid_request_error', message: '400 Invalid request', detailed: true },
      ];
      return single(site, usual(site), 400, 180, 0.35).map((call, i) =>
        bad.has(i) ? failed(call, r.pick(kinds), 0.6) : call,
      );
    },
  },
  {
    name: 'stray_cut_and_empty_answers',
    models: EVERYDAY,
    calls: [350, 1200],
    build(site) {
      const { r } = site;
      const [odd = 0, odder = 1] = r.choose(site.calls, 2);
      return single(site, usual(site), 400, 180, 0.3).map((call, i): Call => {
        if (i === odd) return { ...call, stop: 'length', reply: { text: cut(r, call.reply.text ?? '') } };
        return i === odder ? { ...call, reply: { empty: 'string' }, output: 1 } : call;
      });
    },
  },
];

function longPrefix(site: Site, times: readonly number[]): Call[] {
  const { r, theme } = site;
  const system: Message = { role: 'system', text: rules(r, theme, prefixTokens(site)) };
  return times.map((at) =>
    turn(site, {
      trace: newTrace(site),
      user: r.pick(site.users),
      at,
      messages: [system, { role: 'user', text: report(r, theme, r.around(110, 0.35)) }],
      text: answer(r, theme, r.around(150, 0.3)),
    }),
  );
}

/** What the provider's cache did with a prefix that is shared by all calls: written when it had lapsed, else read. */
function cachedPrefix(calls: readonly Call[]): Call[] {
  let last = Number.NEGATIVE_INFINITY;
  return calls.map((call) => {
    const anthropic = call.model.provider === 'anthropic';
    const text = call.messages[0] && 'text' in call.messages[0] ? (call.messages[0].text ?? '') : '';
    const share =
      text.length /
      call.messages.reduce((sum, message) => sum + ('text' in message ? (message.text?.length ?? 0) : 0), 0);
    const tokens = Math.floor((call.context * share) / 128) * 128;
    const warm = call.at - last < 300_000;
    last = call.at;
    return warm ? { ...call, read: tokens } : anthropic ? { ...call, write: tokens } : call;
  });
}

/** Sound operations whose repetition has a good reason, or costs nothing worth naming. */
export const REPEATING: readonly Shape[] = [
  {
    name: 'long_prefix_already_cached',
    models: EVERYDAY,
    calls: [200, 1000],
    build: (site) => cachedPrefix(longPrefix(site, dense(site))),
  },
  {
    name: 'long_prefix_but_hours_apart',
    models: EVERYDAY,
    calls: [60, 200],
    build: (site) => longPrefix(site, sparse(site.r, site.clock, 2.2)),
  },
  {
    name: 'greetings_repeat',
    models: BUDGET,
    calls: [250, 1200],
    build(site) {
      const { r } = site;
      const said = r.choose(site.calls, Math.round(site.calls * 0.025));
      return single(site, usual(site), 160, 130, 0.35).map((call, i) => {
        if (!said.has(i)) return call;
        return turn(site, {
          ...call,
          messages: ask(site, r.pick(['hi', 'hello', 'thanks!', 'ok'])),
          text: 'Hello! How can I help you today?',
        });
      });
    },
  },
];
