import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RunEvent } from '../../agent/events.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { type Built, build, start } from '../cli/child.ts';
import { diligent, type MessagesBody, type Reply, startMessages } from '../servers/messages.ts';

const { steps } = loadRunbook();
const work = mkdtempSync(path.join(tmpdir(), 'kill-'));
let built: Built;

beforeAll(async () => {
  built = await build();
}, 120_000);
afterAll(() => {
  built.remove();
  rmSync(work, { recursive: true, force: true });
});

interface Killed {
  /** What readers had been told, in order. */
  told: RunEvent[];
  /** The lines of the log. */
  logged: string[];
  dir: string;
}

/** Performs the sample's runbook with a model, and kills the process when the model is asked for a step the n-th time. */
async function killed(name: string, when: { step: number; request: number; answer: Reply }): Promise<Killed> {
  const counts = new Map<number, number>();
  let kill = () => undefined as unknown;
  const server = await startMessages((body) => {
    const step = stepOf(body);
    const request = (counts.get(step) ?? 0) + 1;
    counts.set(step, request);
    if (step !== when.step || request !== when.request) return diligent(body);
    // The answer has begun by then.
    setTimeout(kill, 50);
    return when.answer;
  });
  onTestFinished(() => server.close());
  const dir = path.join(work, name);
  const env = {
    ...{ ANTHROPIC_API_KEY: 'sk-ant-of-this-test', ANTHROPIC_BASE_URL: server.url },
    LITELLM_PRICING_URL: 'http://127.0.0.1:9/',
  };
  const args = ['run', '--source', 'sample', '--agent', 'claude', '--results-dir', dir, '--json'];
  const child = start(built.main, args, { cwd: work, env });
  kill = () => child.process.kill('SIGKILL');
  const { stdout, code } = await child.ended;
  expect(code).toBeNull();
  // The last line on the pipe may be torn: it was not told then.
  const told = stdout.split('\n').slice(0, -1);
  const logged = readFileSync(path.join(dir, 'events.jsonl'), 'utf8').trimEnd().split('\n');
  return { told: told.map((line) => JSON.parse(line) as RunEvent), logged, dir };
}

function stepOf({ messages }: MessagesBody): number {
  return Number(/# Step (\d+): /u.exec(JSON.stringify(messages[0]))?.[1]);
}

function assertWhole({ told, logged, dir }: Killed, finished: number): void {
  const events = logged.map((line) => JSON.parse(line) as RunEvent);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, index) => index + 1));
  expect(events.slice(0, told.length)).toEqual(told);
  const done = events.flatMap((event) => (event.type === 'step_finished' ? [event.number] : []));
  expect(done).toEqual(steps.slice(0, finished).map(({ number }) => number));
  for (const file of steps.slice(0, finished).flatMap(({ outputs }) => outputs)) {
    expect(existsSync(path.join(dir, file)), file).toBe(true);
    expect(statSync(path.join(dir, file)).size, file).toBeGreaterThan(0);
  }
}

const SILENT: Reply = { kind: 'silent' };

describe('kill -9', () => {
  it.each(steps.map(({ number, title }) => [number, title]))(
    'in step %i (%s), in the middle of an answer: every finished step and every event is in the log',
    async (step) => {
      const run = await killed(`answer-${step}`, { step: Number(step), request: 1, answer: SILENT });
      assertWhole(run, Number(step) - 1);
    },
    60_000,
  );

  it.each([3, 7])(
    'in step %i, once its calls are made: they are in the log with their artifacts',
    async (step) => {
      const run = await killed(`calls-${step}`, { step, request: 2, answer: SILENT });
      assertWhole(run, step - 1);
      const events = run.logged.map((line) => JSON.parse(line) as RunEvent);
      const written = events.flatMap((event) => (event.type === 'artifact_written' ? [event.path] : []));
      expect(written).toEqual(expect.arrayContaining(steps[step - 1]?.outputs ?? []));
    },
    60_000,
  );
});
