import { moments } from './clock.ts';
import type { Call, Message } from './event.ts';
import { MODELS } from './models.ts';
import { withCache } from './plants-prompts.ts';
import { agent, goodSteps, type Step } from './plants-traces.ts';
import { EVERYDAY, failed, newTrace, plain, type Shape, type Site, turn } from './site.ts';
import { answer, report } from './text.ts';

const TOOL_MODELS = MODELS.filter((model) => model.tier !== 'premium' && model.provider !== 'gemini');

/** Reads what the call before left in the cache, as providers do by themselves or by a breakpoint. */
function cachedTurns(calls: readonly Call[]): Call[] {
  return calls.map((call, i) => withCache(call, calls[i - 1]));
}

/** Steps of a tool whose arguments differ each time: pages of one listing. */
function pages(site: Site, count: number): Step[] {
  const { r, theme } = site;
  const query = r.pick(theme.what);
  return Array.from({ length: count }, (_, page) => ({
    name: 'list_records',
    args: { query, page: page + 1 },
    result: report(r, theme, r.integer(25, 60)),
  }));
}

/** A job that is asked for twice or three times, and says something else each time. */
function polling(site: Site): Step[] {
  const id = site.r.hex(8);
  const start: Step = { name: 'start_export', args: { month: site.r.integer(1, 12) }, result: `{"job":"${id}"}` };
  const states = site.r.chance(0.5) ? ['queued', 'done'] : ['queued', 'running 60%', 'done'];
  return [start, ...states.map((state) => ({ name: 'get_job', args: { job: id }, result: `{"state":"${state}"}` }))];
}

function agents(site: Site, perTrace: number, steps: () => Step[]): Call[] {
  const traces = Math.max(20, Math.round(site.calls / perTrace));
  return moments(site.r, site.clock, traces).flatMap((at) => cachedTurns(agent(site, at, steps())));
}

function chat(site: Site, start: number): Call[] {
  const { r, theme } = site;
  const trace = newTrace(site);
  const user = r.pick(site.users);
  const history: Message[] = [{ role: 'system', text: site.system }];
  let at = start;
  return Array.from({ length: r.integer(2, 4) }, () => {
    history.push({ role: 'user', text: report(r, theme, r.integer(30, 90)) });
    const text = answer(r, theme, r.integer(50, 120));
    const call = turn(site, { trace, user, at, messages: [...history], text });
    history.push({ role: 'assistant', text });
    at += r.integer(20_000, 150_000);
    return call;
  });
}

/** Sound operations of several calls a trace. */
export const TRACES: readonly Shape[] = [
  {
    name: 'short_chats',
    models: EVERYDAY,
    calls: [150, 1200],
    build(site) {
      const { r, clock, calls } = site;
      return moments(r, clock, Math.round(calls / 3)).flatMap((at) => cachedTurns(chat(site, at)));
    },
  },
  {
    name: 'agent_with_different_arguments',
    models: TOOL_MODELS,
    calls: [120, 900],
    build: (site) => agents(site, 5, () => goodSteps(site, site.r.integer(2, 6))),
  },
  {
    name: 'agent_reads_pages',
    models: TOOL_MODELS,
    calls: [120, 700],
    build: (site) => agents(site, 5, () => pages(site, site.r.integer(2, 7))),
  },
  {
    name: 'agent_sometimes_polls_a_job',
    models: TOOL_MODELS,
    calls: [150, 700],
    build: (site) =>
      agents(site, 4, () => (site.r.chance(0.04) ? polling(site) : goodSteps(site, site.r.integer(1, 5)))),
  },
  {
    name: 'one_retry_after_a_rare_error',
    models: EVERYDAY,
    calls: [250, 1000],
    build(site) {
      const { r, clock, calls } = site;
      const sizes = { input: 350, output: 170, sigma: 0.3 };
      const bad = r.choose(calls, Math.max(1, Math.floor(calls * 0.006)));
      const overloaded = { status: 503, type: 'overloaded_error', message: '503 Overloaded', detailed: true };
      return moments(r, clock, calls).flatMap((at, i) => {
        const call = plain(site, at, sizes);
        return bad.has(i) ? [failed(call, overloaded, 0.5), { ...call, at: at + 2200 }] : [call];
      });
    },
  },
];
