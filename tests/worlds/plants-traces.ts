import { moments } from './clock.ts';
import type { Call, Failure, Message, ToolCall } from './event.ts';
import { MODELS } from './models.ts';
import {
  ask,
  contextOf,
  EVERYDAY,
  failed,
  newTrace,
  ordinarySizes,
  plain,
  plantedAmong,
  type Shape,
  type Site,
  turn,
} from './site.ts';
import { answer, report } from './text.ts';

/** In some traces one request is sent three to ten times within seconds. */
function storms(site: Site, repeat: (first: Call, index: number, last: boolean) => Call): Call[] {
  const { r, clock, calls, intensity } = site;
  const sizes = ordinarySizes(r);
  const traces = Math.max(40, Math.round(calls / (1 + intensity * 4)));
  const planted = plantedAmong(site, traces);
  return moments(r, clock, traces).flatMap((at, i) => {
    const first = plain(site, at, sizes);
    if (!planted.has(i)) return [first];
    const times = r.integer(4, 9);
    let when = at;
    return Array.from({ length: times }, (_, k) => {
      const call: Call = { ...repeat(first, k, k === times - 1), at: when, planted: true };
      when += Math.round(call.latency * 1000) + r.integer(200, 5000);
      return call;
    });
  });
}

const PASSING: readonly Failure[] = [
  { status: 500, type: 'server_error', message: '500 Internal server error', detailed: true },
  { status: 503, type: 'overloaded_error', message: '503 Overloaded', detailed: true },
  { status: null, type: 'APIConnectionError', message: 'Connection error.', detailed: true },
];

export const RETRY_STORM: readonly Shape[] = [
  {
    name: 'identical_successful_repeats',
    models: EVERYDAY,
    calls: [120, 900],
    intensity: [0.08, 0.4],
    build: (site) =>
      storms(site, (first) => {
        const again = site.r.chance(0.7) ? (first.reply.text ?? '') : answer(site.r, site.theme, first.output);
        return turn(site, { ...first, text: again });
      }),
  },
  {
    name: 'errors_then_success',
    models: EVERYDAY,
    calls: [150, 900],
    intensity: [0.08, 0.3],
    build: (site) =>
      storms(site, (first, _index, last) =>
        last ? first : failed(first, site.r.pick(PASSING), site.r.between(0.2, 2)),
      ),
  },
  {
    name: 'repeats_with_a_changing_stamp',
    models: EVERYDAY,
    calls: [120, 900],
    intensity: [0.08, 0.4],
    build: (site) =>
      storms(site, (first, index) => {
        const question = (first.messages.at(-1) as { text: string }).text;
        const messages = ask(
          site,
          `${question}\nattempt id ${site.r.hex(8)}, ${new Date(first.at + index * 1700).toISOString()}`,
        );
        const text = answer(site.r, site.theme, first.output * site.r.between(0.9, 1.1));
        const call = turn(site, { ...first, messages, text });
        return { ...call, context: contextOf(site, messages) + site.r.integer(-2, 2) };
      }),
  },
];

export interface Step {
  name: string;
  args: Record<string, unknown>;
  result: string;
}

/** An agent's trace: one tool call a step, each with the history so far, and an answer at the end. */
export function agent(site: Site, start: number, steps: readonly Step[]): Call[] {
  const { r, theme } = site;
  const trace = newTrace(site);
  const user = r.pick(site.users);
  const history: Message[] = ask(site, report(r, theme, 50));
  let at = start;
  const calls = steps.map(({ name, args, result }) => {
    const tool: ToolCall = { id: `${site.model.provider === 'anthropic' ? 'toolu' : 'call'}_${r.hex(12)}`, name, args };
    const call = turn(site, { trace, user, at, messages: [...history], calls: [tool] });
    history.push({ role: 'assistant', calls: [tool] }, { role: 'tool', id: tool.id, text: result });
    at += r.integer(2500, 12_000);
    return call;
  });
  return [
    ...calls,
    turn(site, { trace, user, at, messages: [...history], text: answer(r, theme, r.integer(60, 160)) }),
  ];
}

/** Different steps over a record: what an agent should do. */
export function goodSteps(site: Site, count: number): Step[] {
  const { r, theme } = site;
  return Array.from({ length: count }, (_, i) => ({
    name: r.pick(['search', 'get_record', 'list_notes']),
    args: { query: r.pick(theme.what), page: i + 1, ref: r.integer(1000, 99_999) },
    result: report(r, theme, r.integer(25, 70)),
  }));
}

function looping(name: string, loop: (site: Site, length: number) => Step[]): Shape {
  return {
    name,
    needsContent: true,
    models: MODELS.filter((model) => model.tier !== 'premium' && model.provider !== 'gemini'),
    calls: [120, 800],
    intensity: [0.12, 0.5],
    build(site) {
      const { r, clock, calls, intensity } = site;
      const traces = Math.max(24, Math.round(calls / (4 + intensity * 5)));
      const planted = plantedAmong(site, traces);
      return moments(r, clock, traces).flatMap((at, i) => {
        if (!planted.has(i)) return agent(site, at, goodSteps(site, r.integer(1, 4)));
        const steps = [...goodSteps(site, r.integer(0, 1)), ...loop(site, r.integer(5, 10))];
        return agent(site, at, steps).map((call) => ({ ...call, planted: true as const }));
      });
    },
  };
}

export const TOOL_ABUSE: readonly Shape[] = [
  looping('same_call_not_found', ({ r }, length) => {
    const step = { name: 'get_record', args: { id: r.integer(1000, 9999), verbose: true }, result: 'Not found.' };
    return Array.from({ length }, () => step);
  }),
  looping('same_call_same_result', ({ r, theme }, length) => {
    const step = { name: 'search', args: { query: r.pick(theme.what), limit: 5 }, result: report(r, theme, 45) };
    return Array.from({ length }, () => step);
  }),
  looping('two_calls_in_turn', ({ r, theme }, length) => {
    const ref = r.integer(1000, 9999);
    const pair: Step[] = [
      { name: 'get_record', args: { ref }, result: report(r, theme, 30) },
      { name: 'list_notes', args: { ref }, result: 'No notes.' },
    ];
    return Array.from({ length: Math.max(6, length) }, (_, i) => pair[i % 2] as Step);
  }),
];
