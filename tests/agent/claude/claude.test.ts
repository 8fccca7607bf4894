import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BudgetLimits } from '../../../agent/budget-limits.ts';
import { Budget, DEFAULT_LIMITS } from '../../../agent/drivers/claude/budget.ts';
import { openClient } from '../../../agent/drivers/claude/client.ts';
import { claudeDriver } from '../../../agent/drivers/claude/driver.ts';
import { agentModel } from '../../../agent/drivers/claude/models.ts';
import {
  diligent,
  firstText,
  type MessagesBody,
  type Reply,
  says,
  startMessages,
  toolUse,
  uses,
  withoutMarks,
} from '../../servers/messages.ts';
import { step } from '../toy.ts';
import { BODY, failure, KEY, lastResult, OUTPUTS, of, perform, performDriver } from './perform.ts';

/** A message without the breakpoints of the prompt cache, which move on with the conversation. */
function blocksOf({ role, content }: MessagesBody['messages'][number]) {
  return withoutMarks({ role, content: typeof content === 'string' ? [{ type: 'text', text: content }] : content });
}

describe('a step', () => {
  it('ends when its outputs exist: reference calls run as written, notes go on, steps ahead are not shown', async () => {
    const second = step(
      'two',
      '```tool\nwrite_artifact: { path: data/b.json, content: "{}" }\n```\n',
      OUTPUTS.replace('a.json', 'b.json'),
    );
    const run = await perform(diligent, { steps: [step('one', BODY, OUTPUTS), second] });
    expect(of(run.events, 'step_finished').map(({ id }) => id)).toEqual(['one', 'two']);
    expect(readFileSync(path.join(run.dir, 'data/a.json'), 'utf8')).toBe('[1]');
    const [first, , third] = run.server.bodies;
    expect(firstText(first as MessagesBody)).not.toContain('data/b.json');
    expect(firstText(third as MessagesBody)).toContain('Done as the step file says.');
    expect(third?.messages).toHaveLength(1);
  });

  it('is not over because the model says so: it is told what is missing', async () => {
    const run = await perform((body, n) =>
      n === 0 ? says('All done!') : n === 1 ? uses(toolUse('finish_step', { summary: 'x' })) : diligent(body),
    );
    expect(of(run.events, 'step_finished')).toHaveLength(1);
    expect(lastResult(run.server.bodies[1])).toContain('data/a.json missing');
    expect(lastResult(run.server.bodies[2])).toContain('not finished');
  });

  it('stops where the model never leaves the outputs', async () => {
    const run = await perform(() => says('I am done.'));
    expect(run.exit).toBe(5);
    expect(failure(run)).toMatch(
      /agent_stopped: Step 1 .*stops without leaving its outputs: data\/a\.json missing, 4 times/u,
    );
  });

  it('keeps what was sent: history only grows, and the prompt cache serves it', async () => {
    const run = await perform((body, n) =>
      n < 3 ? uses(toolUse('hogql_query', { sql: `SELECT ${n} AS n FROM events LIMIT 1` })) : diligent(body),
    );
    const bodies = run.server.bodies.map(({ messages, ...rest }) => ({ ...rest, messages: messages.map(blocksOf) }));
    for (const [index, body] of bodies.slice(1).entries()) {
      const before = bodies[index];
      expect(body.messages.slice(0, before?.messages.length)).toEqual(before?.messages);
      expect(body.tools).toEqual(before?.tools);
      expect(body.system).toEqual(before?.system);
    }
    const used = of(run.events, 'generation').map(({ properties }) => properties);
    expect(used[0]?.$ai_cache_read_input_tokens).toBe(0);
    for (const { $ai_cache_read_input_tokens: read } of used.slice(1)) expect(read).toBeGreaterThan(1000);
  });
});

describe('every model request', () => {
  it('is an $ai_generation event with its cost by the price table', async () => {
    const run = await perform(diligent);
    const [first] = of(run.events, 'generation');
    const p = first?.properties;
    expect(first).toMatchObject({ event: '$ai_generation', step: 1, turn: 1 });
    expect(p).toMatchObject({
      $ai_trace_id: first?.run,
      $ai_span_name: 'one',
      $ai_model: 'claude-sonnet-4-6',
      $ai_output_tokens: 50,
    });
    const expected =
      ((p?.$ai_input_tokens ?? 0) * 3 + (p?.$ai_cache_creation_input_tokens ?? 0) * 3.75 + 50 * 15) / 1e6;
    expect(p?.$ai_total_cost_usd).toBeCloseTo(expected, 12);
  });

  it('carries no secret, and no forced tool, sampling or prefill', async () => {
    const run = await perform(diligent);
    for (const body of run.server.bodies) expect(JSON.stringify(body)).not.toContain(KEY);
    expect(run.server.headers[0]?.authorization).toBe(`Bearer ${KEY}`);
    expect(readFileSync(path.join(run.dir, 'events.jsonl'), 'utf8')).not.toContain(KEY);
  });
});

describe('stop reasons', () => {
  it.each([
    ['refusal', /refuses it/u],
    ['model_context_window_exceeded', /no longer fits/u],
    ['something_new', /stopped with something_new/u],
  ])('%s ends the step with a reason', async (stopReason, message) => {
    const run = await perform(() => says('x', stopReason));
    expect(run.exit).toBe(5);
    expect(failure(run)).toMatch(message);
  });

  it('max_tokens: what was cut never runs, and is asked for once more with more room', async () => {
    const cut: Reply = {
      kind: 'message',
      content: [toolUse('write_artifact', { path: 'data/cut.json', content: '[]' })],
      stopReason: 'max_tokens',
    };
    const run = await perform((body, n) => (n === 0 ? cut : diligent(body)));
    expect(run.server.bodies[1]?.max_tokens).toBeGreaterThan(run.server.bodies[0]?.max_tokens ?? 0);
    expect(run.server.bodies[1]?.messages).toEqual(run.server.bodies[0]?.messages);
    expect(of(run.events, 'step_finished')).toHaveLength(1);
    expect(of(run.events, 'tool_started').map(({ input }) => input)).not.toContainEqual({
      path: 'data/cut.json',
      content: '[]',
    });
    expect(failure(await perform(() => cut))).toMatch(/longer than 32000 tokens/u);
  });

  it('pause_turn goes on with what was said', async () => {
    const run = await perform((body, n) =>
      n === 0 ? says('One moment.', 'pause_turn') : n === 1 ? diligent(body) : diligent(body),
    );
    expect(run.server.bodies.length).toBeGreaterThan(1);
    expect(of(run.events, 'model_text').map(({ text }) => text)).toEqual(['One moment.']);
  });
});

describe('what the model gets wrong', () => {
  it.each([
    ['an input that does not fit', 'write_artifact', { path: 5 }, /^tool_input\nDATA\n".*path/u],
    ['a tool of another step', 'render_chart', {}, /may not call render_chart/u],
    ['a path outside', 'write_artifact', { path: '../../x', content: 'x' }, /outside the results dir/u],
    ['a reference call that there is not', 'run_reference_call', { number: 9 }, /numbered 1 to 1/u],
    ['a file that there is not', 'read_artifact', { path: 'data/none.csv' }, /There is no artifact/u],
    ['the log of the run', 'write_artifact', { path: 'events.jsonl', content: '' }, /written by the run itself/u],
  ])('%s comes back with advice', async (_name, tool, input, message) => {
    const run = await perform((body, n) => (n === 0 ? uses(toolUse(tool, input)) : diligent(body)));
    expect(lastResult(run.server.bodies[1])).toMatch(message);
    expect(of(run.events, 'step_finished')).toHaveLength(1);
  });

  it('the same call again and again is told of once, then stopped', async () => {
    const run = await perform(() => uses(toolUse('hogql_query', { sql: 'SELECT 1 FROM events LIMIT 1' })));
    expect(failure(run)).toMatch(/same call of hogql_query over and over/u);
    expect(of(run.events, 'tool_started')).toHaveLength(2);
    expect(run.server.bodies.map((body) => lastResult(body).includes('made before'))).toEqual([
      ...[false, false, false],
      true,
    ]);
  });

  it('the same call five times in one turn is told of, not stopped', async () => {
    const same = () => toolUse('hogql_query', { sql: 'SELECT 1 FROM events LIMIT 1' });
    const run = await perform((body, n) => (n === 0 ? uses(...Array.from({ length: 5 }, same)) : diligent(body)));
    expect(of(run.events, 'step_finished')).toHaveLength(1);
    expect(lastResult(run.server.bodies[1]).split('made before')).toHaveLength(4);
  });

  it('ending the step too early again and again is no loop, and reading a file that was written anew neither', async () => {
    const early = () => toolUse('finish_step', { summary: 'Done.' });
    const read = () => toolUse('read_artifact', { path: 'data/a.json' });
    const turns = [
      [early()],
      [early()],
      [read()],
      [read()],
      [toolUse('run_reference_call', { number: 1 })],
      [read(), early()],
    ];
    const run = await perform((_body, n) => uses(...(turns[n] ?? [])));
    expect(of(run.events, 'step_finished')).toHaveLength(1);
    expect(run.server.bodies).toHaveLength(turns.length);
    expect(of(run.events, 'tool_finished').map(({ tool }) => tool)).toEqual(['write_artifact', 'read_artifact']);
  });

  it('calls of one turn are made in their order: what one wrote the next can read', async () => {
    const run = await perform((body, n) =>
      n === 0
        ? uses(toolUse('run_reference_call', { number: 1 }), toolUse('read_artifact', { path: 'data/a.json' }))
        : diligent(body),
    );
    expect(lastResult(run.server.bodies[1])).toContain('"text":"[1]"');
  });

  it('an output that is no JSON is not one', async () => {
    const garbage = toolUse('hogql_query', { sql: 'SELECT 1 FROM events LIMIT 1', save_as: 'data/a.csv' });
    const run = await perform(
      (body, n) => (n === 0 ? uses(garbage, toolUse('finish_step', { summary: 'x' })) : diligent(body)),
      { steps: [step('one', BODY, OUTPUTS.replace('[data/a.json]', '[data/a.json, data/metrics_by_span.csv]'))] },
    );
    expect(lastResult(run.server.bodies[1])).toContain('data/metrics_by_span.csv missing');
    const forged = await perform(
      (_body, n) =>
        n === 0
          ? uses(toolUse('write_artifact', { path: 'data/metrics_by_span.csv', content: 'garbage' }))
          : uses(toolUse('finish_step', { summary: 'x' })),
      {
        steps: [step('one', BODY, OUTPUTS.replace('data/a.json', 'data/metrics_by_span.csv'))],
        limits: { turnsPerStep: 3 },
      },
    );
    expect(lastResult(forged.server.bodies.at(-1))).toContain('data/metrics_by_span.csv not valid');
    expect(of(forged.events, 'step_finished')).toEqual([]);
  });

  it.each([
    ['below a file', 'write_artifact', { path: 'data/a.json/x', content: 'x' }],
    ['too long a name', 'write_artifact', { path: `data/${'ü'.repeat(190)}`, content: 'x' }],
    ['hidden', 'read_artifact', { path: 'data/.env' }],
    ['a file of the run', 'hogql_query', { sql: 'SELECT 1 FROM events LIMIT 1', save_as: 'data/facts.json' }],
    ['an output of another step', 'write_artifact', { path: 'data/b.json', content: '[]' }],
  ])('a path that is %s comes back with advice', async (_name, tool, input) => {
    const second = step('two', BODY.replace('a.json', 'b.json'), OUTPUTS.replace('a.json', 'b.json'));
    const first = toolUse('run_reference_call', { number: 1 });
    const run = await perform((body, n) => (n === 0 ? uses(first, toolUse(tool, input)) : diligent(body)), {
      steps: [step('one', BODY, OUTPUTS), second],
    });
    expect(lastResult(run.server.bodies[1])).toMatch(/(?:io|tool_input)\nDATA\n".*"\nEND OF DATA\n\w/u);
    expect(of(run.events, 'step_finished')).toHaveLength(2);
  });

  it.each([
    ['no JSON', '{"path": bad}'],
    ['no object', '[1]'],
  ])('a call whose input is %s is dropped, and the model is told', async (_name, input) => {
    const run = await perform((body, n) =>
      n === 0 ? uses({ ...toolUse('write_artifact', {}), raw: input }) : diligent(body),
    );
    const [first, second] = run.server.bodies;
    expect(second?.messages.slice(0, -1).map(blocksOf)).toEqual(first?.messages.map(blocksOf));
    expect(lastResult(second)).toMatch(/Your last answer was dropped: .*one JSON object/u);
    expect(of(run.events, 'step_finished')).toHaveLength(1);
  });

  it('an empty answer is met by what is missing', async () => {
    const run = await perform((body, n) =>
      n === 0 ? { kind: 'message', content: [], stopReason: 'end_turn' } : diligent(body),
    );
    expect(lastResult(run.server.bodies[1])).toContain('data/a.json missing');
    expect(of(run.events, 'step_finished')).toHaveLength(1);
  });
});

describe('faults on the way', () => {
  it.each<[string, Reply]>([
    [
      'a busy provider',
      {
        kind: 'error',
        status: 529,
        type: 'overloaded_error',
        message: 'Overloaded',
        headers: { 'retry-after-ms': '5' },
      },
    ],
    [
      'a rate limit',
      {
        kind: 'error',
        status: 429,
        type: 'rate_limit_error',
        message: 'Slow down',
        headers: { 'retry-after-ms': '5' },
      },
    ],
    ['an error inside the stream', { kind: 'stream_error', type: 'overloaded_error', message: 'Overloaded' }],
    ['a stream that is cut', { kind: 'cut' }],
    ['a stream that falls silent', { kind: 'silent' }],
  ])('%s is met by another request', async (_name, fault) => {
    const run = await perform((body, n) => (n === 0 ? fault : diligent(body)));
    expect(of(run.events, 'step_finished')).toHaveLength(1);
    expect(run.server.bodies[1]?.messages).toEqual(run.server.bodies[0]?.messages);
    const used = of(run.events, 'generation').map(({ properties }) => properties);
    expect(used.map(({ $ai_is_error }) => $ai_is_error)).toEqual([true, false, false]);
    expect(of(run.events, 'model_retry')).toMatchObject([{ step: 1, attempt: 1 }]);
    // What had begun was paid for, too.
    const [failed, ...whole] = used;
    expect((failed?.$ai_total_cost_usd ?? 0) > 0).toBe(fault.kind !== 'error');
    for (const p of whole) expect(p.$ai_total_cost_usd).toBeGreaterThan(0);
  });

  it('a provider that stays busy is asked six times, with growing pauses', async () => {
    const run = await perform(() => ({ kind: 'error', status: 503, type: 'api_error', message: 'Busy' }));
    expect(run.exit).toBe(5);
    expect(failure(run)).toMatch(/answers 503: Busy/u);
    expect(run.server.bodies).toHaveLength(6);
    const waits = of(run.events, 'model_retry').map(({ wait_s }) => wait_s);
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(0.75 * 0.01 * 2 ** index);
      expect(wait).toBeLessThanOrEqual(0.01 * 2 ** index);
    }
  });

  it.each([
    ['seconds', () => '1'],
    ['a date', () => new Date(Date.now() + 2500).toUTCString()],
  ])('Retry-After as %s: no attempt comes before it', async (_name, after) => {
    const busy = (): Reply => ({
      ...{ kind: 'error', status: 429, type: 'rate_limit_error', message: 'Slow down' },
      headers: { 'retry-after': after() },
    });
    const run = await perform((body, n) => (n === 0 ? busy() : diligent(body)));
    const [first, second] = run.server.times;
    // A date has whole seconds.
    expect((second?.asked ?? 0) - (first?.answered ?? 0)).toBeGreaterThan(950);
    expect(of(run.events, 'step_finished')).toHaveLength(1);
  });

  it('a provider that asks to wait longer than the run may take ends it with exit 4 at once', async () => {
    const headers = { 'retry-after': '3600' };
    const busy: Reply = { kind: 'error', status: 429, type: 'rate_limit_error', message: 'Slow down', headers };
    const run = await perform(() => busy, { limits: { seconds: 60 } });
    expect(run.exit).toBe(4);
    expect(failure(run)).toMatch(/asks to wait \d{4} s, and the run has \d\d s left/u);
    expect(run.server.bodies).toHaveLength(1);
  });

  it.each<[string, Partial<Extract<Reply, { kind: 'error' }>>]>([
    ['says that it would not help', { headers: { 'x-should-retry': 'false' } }],
    ['has no money left', { errorCode: 'enforced_spend_limit_reached' }],
  ])('a provider that %s is not asked again', async (_name, more) => {
    const run = await perform(() => ({
      ...{ kind: 'error', status: 429, type: 'rate_limit_error', message: 'No' },
      ...more,
    }));
    expect(run.exit).toBe(5);
    expect(run.server.bodies).toHaveLength(1);
    expect(of(run.events, 'model_retry')).toEqual([]);
  });

  it('a provider that is not there is a failure that says so', async () => {
    const gone = await startMessages(diligent);
    await gone.close();
    const model = await agentModel('claude-sonnet-5', 'anthropic');
    const client = await openClient('anthropic', model, { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: gone.url });
    const budget = new Budget(DEFAULT_LIMITS);
    const pauses = { firstPauseS: 0.001 };
    const run = await performDriver(
      (runbook) => claudeDriver({ client, provider: 'anthropic', model, runbook, budget, pauses }),
      { server: await startMessages(diligent) },
    );
    expect(run.exit).toBe(5);
    expect(failure(run)).toMatch(/cannot be reached: .*ECONNREFUSED/u);
  });

  it.each([
    [401, 'authentication_error', 'invalid x-api-key', /answers 401: invalid x-api-key/u],
    [400, 'invalid_request_error', 'messages: bad', /answers 400/u],
  ])('%i ends the run as a failure, never as a gate', async (status, type, message, expected) => {
    const run = await perform(() => ({ kind: 'error', status, type, message }), {
      steps: [step('one', BODY, `${OUTPUTS}\ngate: true`)],
    });
    expect(run.exit).toBe(5);
    expect(run.server.bodies).toHaveLength(1);
    expect(failure(run)).toMatch(expected);
    expect(of(run.events, 'generation')[0]?.properties).toMatchObject({ $ai_is_error: true, $ai_http_status: status });
  });

  it('an interruption ends it cleanly, and what the broken answer used is counted', async () => {
    const controller = new AbortController();
    const run = await perform(
      () => {
        setTimeout(() => controller.abort(), 50);
        return { kind: 'silent' };
      },
      { signal: controller.signal },
    );
    expect(run.exit).toBe(130);
    const [interrupted] = of(run.events, 'generation');
    expect(interrupted?.properties).toMatchObject({ $ai_is_error: true, $ai_error: 'The run was interrupted.' });
    expect(interrupted?.properties.$ai_total_cost_usd).toBeGreaterThan(0);
    expect(run.events.at(-1)?.type).toBe('run_finished');
  });
});

describe('budgets', () => {
  it.each<[string, Partial<BudgetLimits>, RegExp]>([
    ['turns', { turnsPerStep: 2 }, /2 turns/u],
    ['tokens', { tokens: 10 }, /tokens are used/u],
    ['money', { costUsd: 0.0001 }, /are spent/u],
    ['time', { seconds: 0 }, /seconds are over/u],
  ])('%s: the run stops with exit 4', async (_name, limits, message) => {
    let n = 0;
    const run = await perform(
      () => {
        n += 1;
        return uses(toolUse('hogql_query', { sql: `SELECT ${n} AS n FROM events LIMIT 1` }));
      },
      { limits },
    );
    expect(run.exit).toBe(4);
    expect(failure(run)).toMatch(message);
  });

  it('money that broken answers cost is money: no attempt beyond it', async () => {
    const broken: Reply = { kind: 'stream_error', type: 'overloaded_error', message: 'Overloaded' };
    const run = await perform(() => broken, { limits: { costUsd: 1e-7 } });
    expect(run.exit).toBe(4);
    expect(run.server.bodies).toHaveLength(1);
  });

  it('an answer that outlasts the time of the run is broken off', async () => {
    const run = await perform(() => ({ kind: 'silent' }), { limits: { seconds: 0.2 } });
    expect(run.exit).toBe(4);
    expect(failure(run)).toMatch(/seconds are over/u);
    expect(of(run.events, 'generation')[0]?.properties.$ai_error).toBe('The time of the run is over.');
  });

  it('usage that a provider leaves out counts as nothing', () => {
    const budget = new Budget({ ...DEFAULT_LIMITS, tokens: 10 });
    budget.spend(Number.NaN, Number.NaN);
    expect(() => budget.checkRun()).not.toThrow();
    budget.spend(11, 0);
    expect(() => budget.checkRun()).toThrow(expect.objectContaining({ code: 'agent_budget' }) as Error);
  });
});

describe('models', () => {
  it.each([
    ['anthropic/claude-sonnet-4.6', 'claude-sonnet-4-6', 'anthropic/claude-sonnet-4.6'],
    ['claude-haiku-4-5-20251001', 'claude-haiku-4-5', 'anthropic/claude-haiku-4.5'],
    ['claude-sonnet-5', 'claude-sonnet-5', 'anthropic/claude-sonnet-5'],
  ])('%s is known by either spelling', async (name, id, openRouter) => {
    expect(await agentModel(name, 'anthropic')).toMatchObject({ id, requestId: id });
    expect(await agentModel(name, 'openrouter')).toMatchObject({ id, requestId: openRouter });
  });

  it('an unknown one is refused before anything is spent', async () => {
    await expect(agentModel('claude-sonet-4.6', 'anthropic')).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('Did you mean claude-sonnet-4-6?') as string,
    });
  });
});
