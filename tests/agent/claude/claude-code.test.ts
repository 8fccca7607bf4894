import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BudgetLimits } from '../../../agent/budget-limits.ts';
import { cliVersion } from '../../../agent/drivers/claude-code/cli.ts';
import { diligent, type MessagesBody, type Reply, says, toolUse, uses } from '../../servers/messages.ts';
import { step } from '../toy.ts';
import { BODY, failure, KEY, OUTPUTS, of, type Performed, perform as performWith } from './perform.ts';

type Options = Parameters<typeof performWith>[1];
const perform = (next: (body: MessagesBody, n: number) => Reply, options: Options = {}) =>
  performWith(next, { ...options, agent: 'claude-code' });
const statuses = (run: Performed) => of(run.events, 'generation').map(({ properties }) => properties.$ai_http_status);
const promptOf = (body: MessagesBody | undefined) => JSON.stringify(body?.messages);

describe('a step that Claude Code performs', () => {
  it('ends when its outputs exist; notes go on, steps ahead are not shown', async () => {
    const second = step(
      'two',
      '```tool\nwrite_artifact: { path: data/b.json, content: "{}" }\n```\n',
      OUTPUTS.replace('a.json', 'b.json'),
    );
    const run = await perform(diligent, { steps: [step('one', BODY, OUTPUTS), second] });
    expect(of(run.events, 'step_finished').map(({ id }) => id)).toEqual(['one', 'two']);
    expect(readFileSync(path.join(run.dir, 'data/a.json'), 'utf8')).toBe('[1]');
    expect(promptOf(run.server.bodies[0])).not.toContain('data/b.json');
    expect(promptOf(run.server.bodies[2])).toContain('Done as the step file says.');
  });

  it('has the runbook’s tools and no others', async () => {
    const run = await perform(diligent);
    const names = run.server.bodies[0]?.tools?.map(({ name }) => name) ?? [];
    expect(names).toContain('mcp__runbook__hogql_query');
    expect(names.every((name) => name.startsWith('mcp__runbook__'))).toBe(true);
  });

  it('has those of Claude Code’s own tools that the runbook allows', async () => {
    const run = await perform(diligent, { builtinTools: ['Read'] });
    const names = run.server.bodies[0]?.tools?.map(({ name }) => name) ?? [];
    expect(names.filter((name) => !name.startsWith('mcp__runbook__'))).toEqual(['Read']);
  });

  it('is not over because the model says so: it is told what is missing, in the same conversation', async () => {
    const run = await perform((body, n) => (n === 0 ? says('All done!') : diligent(body)));
    expect(of(run.events, 'step_finished')).toHaveLength(1);
    expect(promptOf(run.server.bodies[1])).toContain('The step is not finished: data/a.json missing');
    expect(of(run.events, 'model_text').map(({ text }) => text)).toContain('All done!');
  });

  it('stops where the model never leaves the outputs', async () => {
    const run = await perform(() => says('I am done.'));
    expect(run.exit).toBe(5);
    expect(failure(run)).toMatch(/agent_stopped: Step 1 .*stops without leaving its outputs: data\/a\.json missing/u);
  });

  it('stops where the model makes the same call over and over', async () => {
    const run = await perform(() => uses(toolUse('hogql_query', { sql: 'SELECT 1 FROM events LIMIT 1' })));
    expect(failure(run)).toMatch(/same call of hogql_query over and over/u);
    expect(of(run.events, 'tool_started')).toHaveLength(2);
  });

  it('every request is an $ai_generation event with tokens, latency and cost', async () => {
    const run = await perform(diligent);
    const used = of(run.events, 'generation');
    expect(used).toHaveLength(run.server.bodies.length);
    for (const { properties: p } of used) {
      expect(p).toMatchObject({ $ai_span_name: 'one', $ai_model: 'claude-sonnet-4-6', $ai_output_tokens: 50 });
      expect(p.$ai_cache_read_input_tokens + p.$ai_cache_creation_input_tokens).toBeGreaterThan(1000);
      expect(p.$ai_latency).toBeGreaterThan(0);
      expect(p.$ai_latency).toBeLessThan(30);
      expect(p.$ai_total_cost_usd).toBeGreaterThan(0);
      expect(p.request_id).toMatch(/^req_011\d$/u);
    }
    expect(used.map(({ properties }) => properties.$ai_stop_reason)).toEqual(['tool_use', 'tool_use']);
  });

  it('hands on the model key and no other secret', async () => {
    const run = await perform(diligent);
    expect(run.server.headers.every((headers) => headers['x-api-key'] === KEY)).toBe(true);
    expect(JSON.stringify([run.events, run.server.bodies])).not.toContain(KEY);
  });
});

describe('what can go wrong', () => {
  it('a busy provider is asked again, and the log says so', async () => {
    const busy: Reply = { kind: 'error', status: 529, type: 'overloaded_error', message: 'Overloaded' };
    const run = await perform((body, n) => (n === 0 ? busy : diligent(body)));
    expect(of(run.events, 'step_finished')).toHaveLength(1);
    expect(of(run.events, 'model_retry')[0]).toMatchObject({ step: 1, attempt: 1 });
    expect(statuses(run)).toEqual([529, 200, 200]);
  });

  it('every attempt of a request that is refused is an event', async () => {
    const run = await perform(() => ({
      kind: 'error',
      status: 401,
      type: 'authentication_error',
      message: 'invalid x-api-key',
    }));
    expect(run.server.bodies.length).toBeGreaterThan(1);
    expect(statuses(run)).toEqual(run.server.bodies.map(() => 401));
    expect(of(run.events, 'generation').map(({ turn }) => turn)).toEqual(run.server.bodies.map((_body, n) => n + 1));
  });

  it('a request that is not made again is one event', async () => {
    const run = await perform(() => ({ kind: 'error', status: 400, type: 'invalid_request_error', message: 'bad' }));
    expect(statuses(run)).toEqual([400]);
  });

  it.each<[string, Reply, RegExp]>([
    [
      'a refused key',
      { kind: 'error', status: 401, type: 'authentication_error', message: 'invalid x-api-key' },
      /401/u,
    ],
    ['a refused request', { kind: 'error', status: 400, type: 'invalid_request_error', message: 'bad' }, /400/u],
  ])('%s is a failure, never a gate', async (_name, reply, message) => {
    const run = await perform(() => reply, { steps: [step('one', BODY, `${OUTPUTS}\ngate: true`)] });
    expect(run.exit).toBe(5);
    expect(failure(run)).toMatch(message);
  });

  it.each<[string, Partial<BudgetLimits>, RegExp]>([
    ['turns', { turnsPerStep: 2 }, /turns/u],
    ['tokens', { tokens: 10 }, /tokens are used/u],
    ['money', { costUsd: 0.0001 }, /used up/u],
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
    expect(failure(run)).toMatch(message);
    expect(run.exit).toBe(4);
  });

  it.each<[string, Partial<BudgetLimits>]>([
    ['turns', { turnsPerStep: 1 }],
    ['tokens', { tokens: 10 }],
  ])('%s: a model that only talks is not asked again', async (_name, limits) => {
    const run = await perform(() => says('I am done.'), { limits });
    expect(run.exit).toBe(4);
    expect(run.server.bodies).toHaveLength(1);
  });

  it.each<[string, Reply]>([
    ['is cut', { kind: 'cut' }],
    ['ends in an error', { kind: 'stream_error', type: 'overloaded_error', message: 'Overloaded' }],
  ])('tokens: an answer that %s is paid for, and no other answer is waited for', async (_name, fault) => {
    const run = await perform((_body, n) => (n === 0 ? fault : { kind: 'silent' }), { limits: { tokens: 10 } });
    expect(failure(run)).toMatch(/tokens are used/u);
    expect(run.exit).toBe(4);
  });

  it('money: with less left than can be written there is still one request', async () => {
    const run = await perform(() => says('I am done.'), { limits: { costUsd: 0.00004 } });
    expect(failure(run)).toMatch(/^agent_budget/u);
    expect(run.exit).toBe(4);
    expect(run.server.bodies).toHaveLength(1);
  });

  it('time: an answer that does not end is not waited for', async () => {
    const run = await perform(() => ({ kind: 'silent' }), { limits: { seconds: 3 } });
    expect(failure(run)).toMatch(/agent_budget: .*3 of 3 seconds are over/u);
    expect(run.exit).toBe(4);
  });

  it('an interruption ends program and run', async () => {
    const controller = new AbortController();
    const run = await perform(
      () => {
        setTimeout(() => controller.abort(), 50);
        return { kind: 'silent' };
      },
      { signal: controller.signal },
    );
    expect(run.exit).toBe(130);
    // What was asked was paid for.
    expect(of(run.events, 'generation').map(({ properties }) => properties.$ai_error)).toEqual([
      'The answer broke off.',
    ]);
  });

  it.each<[string, Reply]>([
    ['an error inside the stream', { kind: 'stream_error', type: 'overloaded_error', message: 'Overloaded' }],
    ['a stream that is cut', { kind: 'cut' }],
  ])('%s is met by another request', async (_name, fault) => {
    const run = await perform((body, n) => (n === 0 ? fault : diligent(body)));
    expect(of(run.events, 'step_finished')).toHaveLength(1);
    // What broke off was paid for too.
    expect(of(run.events, 'generation').map(({ properties }) => properties.$ai_is_error)).toEqual([true, false, false]);
  });

  it('a program that does not run is named before anything is spent', async () => {
    expect(await cliVersion({ PATH: process.env.PATH })).toMatch(/^\d+\.\d+\.\d+$/u);
    await expect(cliVersion({ PATH: '/nowhere' }, '/')).rejects.toMatchObject({
      code: 'config',
      hint: expect.stringContaining('npm install -g @anthropic-ai/claude-code') as string,
    });
  });
});
