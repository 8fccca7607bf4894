import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RunEvent } from '../../../agent/events.ts';
import { readRecord } from '../../../agent/record/read.ts';
import { startLitellm } from '../../servers/litellm.ts';
import { runToy, step, temporaryFolder } from '../toy.ts';
import { countingSource, filesIn, queryStep, replayOf, threeSteps } from './runs.ts';

async function finishedRun() {
  const resultsDir = path.join(temporaryFolder(), 'results');
  await runToy(threeSteps(), { resultsDir, source: countingSource().open });
  return resultsDir;
}

/** A copy of a run with another payload in the place of one that the events of a kind name. */
function changed(
  dir: string,
  change: (event: RunEvent, put: (content: string) => string, get: (sha256: string) => string) => RunEvent,
): string {
  const copy = path.join(temporaryFolder(), 'copy');
  cpSync(dir, copy, { recursive: true });
  const { payloads, events } = readRecord(dir);
  const put = (content: string) => {
    const sha256 = createHash('sha256').update(content).digest('hex');
    mkdirSync(path.join(copy, 'payloads', sha256.slice(0, 2)), { recursive: true });
    writeFileSync(path.join(copy, 'payloads', sha256.slice(0, 2), sha256), content);
    return sha256;
  };
  const lines = events.map((event) =>
    JSON.stringify(change(event, put, (sha256) => payloads.get(sha256).toString('utf8'))),
  );
  writeFileSync(path.join(copy, 'events.jsonl'), `${lines.join('\n')}\n`);
  return copy;
}

describe('a replay', () => {
  it('is identical, without the source and wherever the results are moved', async () => {
    const dir = await finishedRun();
    const moved = path.join(temporaryFolder(), 'elsewhere');
    cpSync(dir, moved, { recursive: true });
    const outcome = await replayOf(moved);
    expect(outcome).toMatchObject({ changes: [], deviations: [], graded: true, steps: { from: 1, to: 3 } });
    expect(outcome.identical).toEqual(
      expect.arrayContaining(['data/a.csv', 'data/b.csv', 'data/c.csv', 'data/queries.json', 'grade.json']),
    );
    expect(outcome.exit.now).toBe(outcome.exit.recorded);
  });

  it('performs one step, or some, on what the record holds of those before', async () => {
    const dir = await finishedRun();
    expect(await replayOf(dir, { from: 2, to: 2 })).toMatchObject({
      changes: [],
      graded: false,
      steps: { from: 2, to: 2 },
    });
    const resultsDir = path.join(temporaryFolder(), 'kept');
    await replayOf(dir, { to: 2, resultsDir });
    expect(Object.keys(filesIn(resultsDir))).toEqual(['data/a.csv', 'data/b.csv', 'data/queries.json']);
    await expect(replayOf(dir, { from: 4 })).rejects.toMatchObject({ code: 'usage' });
    await expect(replayOf(dir, { from: 3, to: 2 })).rejects.toMatchObject({ code: 'usage' });
  });

  it('writes into no folder that holds something: least of all its own run', async () => {
    const dir = await finishedRun();
    const before = [readFileSync(path.join(dir, 'events.jsonl'), 'utf8'), filesIn(dir)];
    for (const from of [1, 2])
      await expect(replayOf(dir, { from, to: 2, resultsDir: dir })).rejects.toMatchObject({
        code: 'usage',
        message: `The results dir ${dir} is not empty.`,
        hint: expect.not.stringContaining('--overwrite'),
      });
    expect([readFileSync(path.join(dir, 'events.jsonl'), 'utf8'), filesIn(dir)]).toEqual(before);
  });

  it('names what differs, the step where it came up, and the call', async () => {
    const dir = await finishedRun();
    const other = changed(dir, (event, put, get) => {
      if (event.type !== 'query' || event.step !== 2) return event;
      const answer = JSON.parse(get(event.answer)) as { result: { rows: unknown[][] } };
      answer.result.rows = [[77]];
      return { ...event, answer: put(JSON.stringify(answer)) };
    });
    const { changes, deviations, identical } = await replayOf(other);
    expect(identical).toContain('data/a.csv');
    expect(changes).toMatchObject([
      { path: 'data/b.csv', step: 2, kind: 'changed', diff: expect.stringContaining('+77') },
    ]);
    expect(deviations).toMatchObject([{ kind: 'call', step: 2, tool: 'hogql_query' }]);
  });

  it('says which query the record does not hold', async () => {
    const dir = await finishedRun();
    const other = changed(dir, (event, put, get) => {
      if (event.type !== 'run_started') return event;
      const files = event.runbook.files.map((file) =>
        file.path === 'steps/b.md' ? { ...file, sha256: put(get(file.sha256).replace('for {{', 'to {{')) } : file,
      );
      return { ...event, runbook: { ...event.runbook, files } };
    });
    const { deviations } = await replayOf(other);
    expect(deviations).toMatchObject([{ kind: 'text', step: 2, now: expect.stringContaining('Step b to') }]);
    const asks = changed(dir, (event) =>
      event.type === 'tool_started' && event.step === 2
        ? { ...event, input: { sql: 'SELECT 5', save_as: 'data/b.csv' } }
        : event,
    );
    expect((await replayOf(asks)).deviations).toMatchObject([{ kind: 'call', step: 2, now: { code: 'not_recorded' } }]);
  });

  it('replays a run that failed up to its failure', async () => {
    const resultsDir = path.join(temporaryFolder(), 'results');
    await runToy(threeSteps(), { resultsDir, source: countingSource("'b'").open });
    const outcome = await replayOf(resultsDir);
    expect(outcome).toMatchObject({ deviations: [], exit: { now: 5 }, steps: { to: 2 } });
    expect(outcome.changes).toEqual([]);
  });

  it('does not follow a record out of its folder', async () => {
    const dir = await finishedRun();
    const escapes = changed(dir, (event) =>
      event.type === 'artifact_written' ? { ...event, path: '../../escaped.txt' } : event,
    );
    await expect(replayOf(escapes, { from: 2 })).rejects.toMatchObject({ code: 'log' });
    const runbook = changed(dir, (event) =>
      event.type === 'run_started'
        ? {
            ...event,
            runbook: { ...event.runbook, files: event.runbook.files.map((f) => ({ ...f, path: `../${f.path}` })) },
          }
        : event,
    );
    await expect(replayOf(runbook)).rejects.toMatchObject({ code: 'log' });
    expect(readFileSync(path.join(dir, 'events.jsonl'), 'utf8')).not.toContain('escaped');
  });

  it('lets hooks see every step and call, give another input, and ask live for what it brings', async () => {
    const dir = await finishedRun();
    const seen: string[] = [];
    const outcome = await replayOf(dir, {
      hooks: {
        async beforeStep({ id }) {
          seen.push(id);
        },
        async beforeCall(_step, call) {
          seen.push(call.tool);
          return call.call === 2 ? { sql: 'SELECT 9', save_as: 'data/b.csv' } : call.input;
        },
      },
      live: async () => ({
        columns: ['n'],
        types: [],
        rows: [[9]],
        hasMore: false,
        responseBytes: 1,
        bytesRead: null,
        elapsedS: 0,
        cached: false,
      }),
    });
    expect(seen).toEqual(['a', 'hogql_query', 'b', 'hogql_query', 'c', 'hogql_query']);
    expect(outcome.changes.map(({ path }) => path)).toContain('data/b.csv');
  });
});

it('makes steps that ask the same question get their own answers, in order', async () => {
  const same = threeSteps({ 'steps/b.md': queryStep('b', "SELECT 'a'"), 'steps/c.md': queryStep('c', "SELECT 'a'") });
  const resultsDir = path.join(temporaryFolder(), 'results');
  await runToy(same, { resultsDir, source: countingSource().open });
  expect(filesIn(resultsDir)).toMatchObject({ 'data/a.csv': 'n\n1\n', 'data/b.csv': 'n\n2\n', 'data/c.csv': 'n\n3\n' });
  expect(await replayOf(resultsDir)).toMatchObject({ changes: [], deviations: [] });
});

describe('what a tool reads outside', () => {
  const PRICES = step(
    'b',
    '```tool\nfetch_litellm_pricing: {}\n```\n',
    'tools: [fetch_litellm_pricing]\noutputs: [data/model_pricing.json]',
  );

  /** A run that read model prices, the server that it asked, and a copy of the run that does not tell of it. */
  async function runWithPrices() {
    const prices = await startLitellm({ kind: 'status', status: 503 });
    onTestFinished(() => prices.close());
    vi.stubEnv('LITELLM_PRICING_URL', prices.url);
    vi.stubEnv('XDG_CACHE_HOME', temporaryFolder());
    onTestFinished(() => void vi.unstubAllEnvs());
    const dir = path.join(temporaryFolder(), 'results');
    await runToy(threeSteps({ 'steps/b.md': PRICES }), { resultsDir: dir, source: countingSource().open });
    const silent = changed(dir, (event) => {
      if (event.type !== 'outside_read') return event;
      const { seq, time, run, step, tool } = event;
      return { v: 1, seq, time, run, type: 'tool_progress', step, tool, message: 'cut out' };
    });
    return { prices, dir, silent };
  }

  it('is answered from the record, and fails where it is not in there: nobody is asked', async () => {
    const { prices, dir, silent } = await runWithPrices();
    const asked = prices.requests.length;
    expect(asked).toBeGreaterThan(0);
    expect(await replayOf(dir)).toMatchObject({ changes: [], deviations: [] });
    const { deviations } = await replayOf(silent);
    expect(deviations).toMatchObject([{ kind: 'call', step: 2, tool: 'fetch_litellm_pricing' }]);
    expect(deviations).toMatchObject([{ now: { code: 'not_recorded', message: expect.stringContaining('prices') } }]);
    expect(prices.requests).toHaveLength(asked);
  });

  it('is asked for where a live source is', async () => {
    const { prices, silent } = await runWithPrices();
    const asked = prices.requests.length;
    await replayOf(silent, { live: () => Promise.reject(new Error('no query is missing')) });
    expect(prices.requests.length).toBeGreaterThan(asked);
  });
});
