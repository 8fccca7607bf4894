import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { BudgetLimits } from '../../../agent/budget-limits.ts';
import type { StepContext } from '../../../agent/driver.ts';
import { Budget, DEFAULT_LIMITS } from '../../../agent/drivers/claude/budget.ts';
import { agentModel } from '../../../agent/drivers/claude/models.ts';
import { Toolbox } from '../../../agent/drivers/claude/toolbox.ts';
import type { Cli } from '../../../agent/drivers/claude-code/cli.ts';
import { Session } from '../../../agent/drivers/claude-code/session.ts';
import type { RunEvent } from '../../../agent/events.ts';
import type { RenderedStep } from '../../../agent/render.ts';
import { loadRunbook } from '../../../agent/runbook/load.ts';
import { toyRunbook } from '../toy.ts';

type Call = StepContext['call'];

/** A program that does nothing by itself, and what its session calls in this order. */
async function begin(call: Call, limits: Partial<BudgetLimits> = {}) {
  const order: string[] = [];
  const out = new PassThrough();
  const cli: Cli = {
    lines: createInterface({ input: out }),
    say: () => undefined,
    finish: () => undefined,
    stop() {
      out.end();
      return Promise.resolve({ exit: 'exit code 0', stderr: '' });
    },
  };
  const context: StepContext = {
    signal: new AbortController().signal,
    runId: 'run',
    params: {},
    unfinished: () => [],
    notes: [],
    scrub: (value) => value,
    keep: () => '',
    emit: ({ type }: Pick<RunEvent, 'type'>) => order.push(type),
    async call(wanted) {
      order.push(`${wanted.tool} begins`);
      const output = await call(wanted);
      order.push(`${wanted.tool} ends`);
      return output;
    },
  };
  const [step] = loadRunbook(toyRunbook()).steps;
  if (!step) throw new Error('The toy runbook has a step.');
  const rendered: RenderedStep = { text: '', lineAt: (line) => line, brief: () => '', expand: (input) => input };
  const session = new Session({
    step,
    context,
    toolbox: new Toolbox(step, rendered, context),
    budget: new Budget({ ...DEFAULT_LIMITS, ...limits }),
    model: await agentModel('anthropic/claude-sonnet-4.6', 'anthropic'),
    provider: 'anthropic',
    cli,
  });
  const print = (line: object) => void out.write(`${JSON.stringify(line)}\n`);
  const ended = session.perform('Go.').then(
    (summary) => summary,
    (error: unknown) => (error as { code?: string }).code,
  );
  void ended.then(() => order.push('step over'));
  return { session, print, ended, order, cli };
}

const status = { type: 'system', subtype: 'status', status: 'requesting' };
function answer(print: (line: object) => void): void {
  const delta = { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 5 } };
  for (const event of [delta, { type: 'message_stop' }]) print({ type: 'stream_event', event });
}

const slow =
  (ms: number): Call =>
  () =>
    sleep(ms, {});

it('a call that waits behind the end of the step is not made', async () => {
  const { session, print, ended, order } = await begin(slow(100));
  print(status);
  const outcomes = [
    session.runTool('write_artifact', { path: 'a.txt', content: 'a' }),
    session.runTool('finish_step', { summary: 'Found it.' }),
    session.runTool('write_artifact', { path: 'b.txt', content: 'b' }),
  ];
  expect(await outcomes[2]).toEqual({ content: 'The run has ended.', isError: true });
  expect(order).toEqual(['write_artifact begins', 'write_artifact ends']);
  answer(print);
  expect(await ended).toBe('Found it.');
  await Promise.all(outcomes);
});

it.each([
  ['that only reads', 'read_artifact', { path: 'a.txt' }],
  ['that writes', 'write_artifact', { path: 'a.txt', content: 'a' }],
])('a call %s belongs to its step: the step is not over before it', async (_name, tool, input) => {
  const { session, ended, order, cli } = await begin(slow(150));
  void session.runTool(tool, input);
  await sleep(20);
  await cli.stop();
  await ended;
  await sleep(200);
  expect(order).toEqual([`${tool} begins`, `${tool} ends`, 'step over']);
});

it('a call that comes when the program is gone is not made', async () => {
  const { session, ended, order, cli } = await begin(slow(1));
  await cli.stop();
  await ended;
  expect(await session.runTool('read_artifact', { path: 'a.txt' })).toMatchObject({ isError: true });
  expect(order).toEqual(['step over']);
});

it('the end of the run’s time lets a tool finish that runs', async () => {
  const { session, ended, order } = await begin(slow(600), { seconds: 0.2 });
  void session.runTool('write_artifact', { path: 'a.txt', content: 'a' });
  expect(await ended).toBe('agent_budget');
  await sleep(0);
  expect(order).toEqual(['write_artifact begins', 'write_artifact ends', 'step over']);
});

it('what the program says of its end does not undo a step that is done', async () => {
  const { session, print, ended, order } = await begin(slow(1));
  print(status);
  void session.runTool('finish_step', { summary: 'Found it.' });
  answer(print);
  print(status);
  print({ type: 'result', subtype: 'error_during_execution', is_error: true });
  expect(await ended).toBe('Found it.');
  expect(order).toEqual(['generation', 'step over']);
});
