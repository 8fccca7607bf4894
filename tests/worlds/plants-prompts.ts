import { instant, moments } from './clock.ts';
import type { Call, Message } from './event.ts';
import { MODELS, named } from './models.ts';
import {
  ask,
  BUDGET,
  contextOf,
  EVERYDAY,
  newTrace,
  plain,
  plantedAmong,
  type Shape,
  type Site,
  turn,
} from './site.ts';
import { answer, report } from './text.ts';

/** In some traces the prompt is 8 to 20 times as long as usual. */
function outliers(site: Site, padding: (tokens: number) => string): Call[] {
  const { r, clock, calls } = site;
  const sizes = { input: r.integer(250, 900), output: r.integer(80, 240), sigma: r.between(0.15, 0.35) };
  const planted = plantedAmong(site, calls);
  return moments(r, clock, calls).map((at, i) => {
    const call = plain(site, at, sizes);
    if (!planted.has(i)) return call;
    const question = report(r, site.theme, 40);
    const messages = ask(site, `${padding(sizes.input * r.between(8, 20))}\n\n${question}`);
    return { ...call, messages, context: contextOf(site, messages), planted: true };
  });
}

/** One retrieved passage, again and again. */
function repeatedPassage(site: Site, tokens: number): string {
  const passage = report(site.r, site.theme, 220);
  let text = '';
  for (let i = 1; text.length < tokens * 4; i += 1) text += `[result ${i}]\n${passage}\n`;
  return text;
}

export const PROMPT_BLOAT: readonly Shape[] = [
  {
    name: 'outliers_pasted_documents',
    models: EVERYDAY,
    calls: [120, 900],
    intensity: [0.06, 0.25],
    build: (site) => outliers(site, (tokens) => report(site.r, site.theme, tokens)),
  },
  {
    name: 'outliers_repeated_passage',
    models: EVERYDAY,
    calls: [120, 700],
    intensity: [0.06, 0.25],
    build: (site) => outliers(site, (tokens) => repeatedPassage(site, tokens)),
  },
  {
    name: 'huge_context_for_a_tiny_answer',
    models: [...BUDGET.filter((model) => model.provider !== 'anthropic'), named('gemini-2.5-flash')],
    calls: [60, 200],
    build(site) {
      const { r, theme, clock, calls } = site;
      const size = r.integer(16_000, 34_000);
      return moments(r, clock, calls).map((at) => {
        const messages = ask(
          site,
          `${report(r, theme, r.around(size, 0.25))}\n\nIn one short sentence: what is due next?`,
        );
        const call = turn(site, {
          trace: newTrace(site),
          user: r.pick(site.users),
          at,
          messages,
          text: answer(r, theme, 8),
        });
        return { ...call, planted: true };
      });
    },
  },
];

interface Talk {
  turns: number;
  /** Tokens that each turn adds. */
  added: readonly [number, number];
  /** The provider's cache is used, and recorded. */
  cached: boolean;
}

/** A conversation that sends its whole history with every turn. */
function conversation(site: Site, start: number, talk: Talk): Call[] {
  const { r, theme } = site;
  const trace = newTrace(site);
  const user = r.pick(site.users);
  const history: Message[] = [{ role: 'system', text: site.system }];
  const calls: Call[] = [];
  let at = start;
  for (let i = 0; i < talk.turns; i += 1) {
    const added = r.between(...talk.added);
    history.push({ role: 'user', text: report(r, theme, added * 0.65) });
    const text = answer(r, theme, added * 0.35);
    const call = turn(site, { trace, user, at, messages: [...history], text });
    calls.push(talk.cached ? withCache(call, calls.at(-1)) : call);
    history.push({ role: 'assistant', text });
    at += r.integer(15_000, 110_000);
  }
  return calls;
}

/** Marks what the call before it left in the provider's cache as read. */
export function withCache(call: Call, before: Call | undefined): Call {
  const anthropic = call.model.provider === 'anthropic';
  const known = before ? before.context : 0;
  const read = known < call.model.minPrefix ? 0 : anthropic ? known : Math.floor(known / 128) * 128;
  const write = anthropic && call.context >= call.model.minPrefix ? call.context - read : 0;
  return { ...call, read, write };
}

function stuffed(site: Site, long: () => Omit<Talk, 'cached'>): Call[] {
  const { r, clock, calls, intensity } = site;
  const cached = r.chance(0.5);
  const added = [70, 160] as const;
  const perLong = long().turns;
  const traces = Math.max(20, Math.round(calls / (intensity * perLong + (1 - intensity) * 2)));
  const planted = r.choose(traces, Math.min(26, Math.max(8, Math.round(traces * intensity))));
  return moments(r, clock, traces).flatMap((at, i) =>
    planted.has(i)
      ? conversation(site, at, { ...long(), cached }).map((call) => ({ ...call, planted: true as const }))
      : conversation(site, at, { turns: r.integer(1, 3), added, cached }),
  );
}

/** An agent whose tool results stay in the context for good; every step asks for something else. */
function transcript(site: Site, start: number): Call[] {
  const { r, theme } = site;
  const trace = newTrace(site);
  const user = r.pick(site.users);
  const history: Message[] = ask(site, report(r, theme, 60));
  const steps = r.integer(9, 15);
  return Array.from({ length: steps }, (_, i) => {
    const last = i === steps - 1;
    const tool = {
      id: `call_${r.hex(10)}`,
      name: r.pick(['read_page', 'list_files', 'fetch_record']),
      args: { path: `/${r.hex(6)}/${i}` },
    };
    const asked = last ? { text: answer(r, theme, 180) } : { calls: [tool] };
    const call = turn(site, { trace, user, at: start + i * 9000, messages: [...history], ...asked });
    history.push(
      { role: 'assistant', calls: [tool] },
      { role: 'tool', id: tool.id, text: report(r, theme, r.integer(600, 1400)) },
    );
    return { ...call, planted: true };
  });
}

export const CONTEXT_STUFFING: readonly Shape[] = [
  {
    name: 'long_chats',
    models: EVERYDAY,
    calls: [200, 700],
    intensity: [0.1, 0.5],
    build: (site) => stuffed(site, () => ({ turns: site.r.integer(12, 22), added: [350, 700] })),
  },
  {
    name: 'few_turns_with_large_attachments',
    models: EVERYDAY,
    calls: [120, 500],
    intensity: [0.15, 0.6],
    build: (site) => stuffed(site, () => ({ turns: site.r.integer(6, 9), added: [1800, 3200] })),
  },
  {
    name: 'agent_keeps_every_tool_result',
    models: MODELS.filter((model) => model.tier === 'standard'),
    calls: [100, 360],
    intensity: [0.3, 0.6],
    build(site) {
      const { r, clock } = site;
      const long = Math.max(8, Math.round((site.calls / 12) * site.intensity * 1.5));
      const short = Math.max(12, site.calls - long * 12);
      const sizes = { input: 300, output: 120, sigma: 0.3 };
      return [
        ...moments(r, clock, long).flatMap((at) => transcript(site, at)),
        ...moments(r, clock, short).map((at) => plain(site, at, sizes)),
      ];
    },
  },
];

/** The daily cost of a call rises for a reason that the metadata shows. */
function rising(site: Site, grow: (call: Call, since: number) => Call): Call[] {
  const { r, clock, calls } = site;
  const sizes = { input: r.integer(500, 1100), output: r.integer(120, 300), sigma: r.between(0.15, 0.35) };
  const change = instant(clock, r.between(0.5, 0.7));
  return moments(r, clock, calls).map((at) => {
    const call = plain(site, at, sizes);
    return at < change ? call : { ...grow(call, (at - change) / (clock.end - change)), planted: true };
  });
}

function longer(site: Site, call: Call, times: number): Call {
  const more = report(site.r, site.theme, (call.context / site.factor) * (times - 1));
  const messages = ask(
    site,
    `${more}\n${call.messages.at(-1)?.role === 'user' ? (call.messages.at(-1) as { text: string }).text : ''}`,
  );
  return { ...call, messages, context: contextOf(site, messages) };
}

const SWAPS: readonly (readonly [string, string])[] = [
  ['gpt-4o-mini', 'gpt-4o'],
  ['gpt-4.1-mini', 'gpt-4.1'],
  ['claude-haiku-4-5', 'claude-sonnet-4-5'],
];

export const COST_TREND: readonly Shape[] = [
  {
    name: 'prompt_grew_on_a_day',
    models: EVERYDAY,
    calls: [400, 1200],
    minDays: 16,
    build(site) {
      const times = site.r.between(2.6, 4);
      return rising(site, (call) => longer(site, call, times));
    },
  },
  {
    name: 'model_swapped_for_a_dearer_one',
    models: SWAPS.map(([cheap]) => named(cheap)),
    calls: [300, 1200],
    minDays: 16,
    build(site) {
      const dear = SWAPS.find(([cheap]) => cheap === site.model.name)?.[1];
      return rising(site, (call) => ({ ...call, model: named(dear ?? 'gpt-4o') }));
    },
  },
  {
    name: 'answers_became_longer',
    models: EVERYDAY,
    calls: [400, 1200],
    minDays: 16,
    build(site) {
      const { r, theme } = site;
      const times = r.between(4, 6);
      return rising(site, (call) => {
        const text = answer(r, theme, (call.output / site.factor) * times);
        return { ...turn(site, { ...call, text }), latency: call.latency * times };
      });
    },
  },
  {
    name: 'prompt_creeps_up',
    models: EVERYDAY,
    calls: [500, 1200],
    minDays: 20,
    build: (site) => rising(site, (call, since) => longer(site, call, 1.8 + 3.2 * since)),
  },
];
