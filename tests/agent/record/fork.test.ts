import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { forkRun } from '../../../agent/fork.ts';
import { ofType, readRecord } from '../../../agent/record/read.ts';
import { loadRunbook } from '../../../agent/runbook/load.ts';
import { runToy, temporaryFolder } from '../toy.ts';
import { countingSource, filesIn, queryStep, replayOf, threeSteps } from './runs.ts';

async function parentRun() {
  const resultsDir = path.join(temporaryFolder(), 'results');
  await runToy(threeSteps(), { resultsDir, source: countingSource().open });
  return resultsDir;
}

async function fork(
  parent: string,
  step: number,
  { runbook = threeSteps(), parameters = {} }: { runbook?: string; parameters?: Record<string, string> } = {},
) {
  const record = readRecord(parent);
  const resultsDir = path.join(temporaryFolder(), 'fork');
  const { options, warnings, prepare } = forkRun(record, {
    step,
    parameters,
    runbook: loadRunbook(runbook),
    resultsDir,
  });
  const source = countingSource();
  const { outcome } = await runToy(runbook, { ...options, source: source.open, prepare });
  return { resultsDir, outcome, asked: source.asked, warnings };
}

describe('a fork', () => {
  it('takes the steps before from the record and performs the rest', async () => {
    const parent = await parentRun();
    const { resultsDir, outcome, asked } = await fork(parent, 2);
    expect(asked).toEqual(["SELECT 'b'", "SELECT 'c'"]);
    expect(filesIn(resultsDir)['data/a.csv']).toBe(filesIn(parent)['data/a.csv']);
    const { started, events } = readRecord(resultsDir);
    const original = readRecord(parent).started.run;
    expect(outcome.id).not.toBe(original);
    expect(started.parent).toEqual({ run: original, before_step: 2 });
    const from = ofType(events, 'step_finished').map((event) => [event.id, event.from ?? null]);
    expect(from).toEqual([
      ['a', original],
      ['b', null],
      ['c', null],
    ]);
  });

  it('stands on its own: it replays without its parent', async () => {
    const parent = await parentRun();
    const { resultsDir } = await fork(parent, 3);
    rmSync(parent, { recursive: true });
    expect(await replayOf(resultsDir)).toMatchObject({ changes: [], deviations: [], steps: { from: 1, to: 3 } });
  });

  it('performs an edited step, and only what comes after it', async () => {
    const parent = await parentRun();
    const edited = threeSteps({ 'steps/b.md': queryStep('b', 'SELECT 22') });
    expect((await fork(parent, 2, { runbook: edited })).asked).toEqual(['SELECT 22', "SELECT 'c'"]);
  });

  it('says which steps used a parameter with its old value', async () => {
    const parent = await parentRun();
    const { warnings, resultsDir } = await fork(parent, 3, { parameters: { greeting: 'you' } });
    expect(warnings).toEqual([expect.stringContaining('greeting is used by step 1, 2')]);
    expect(readRecord(resultsDir).started.params).toMatchObject({ greeting: 'you' });
  });

  it('refuses steps that the run did not reach, another window, and a folder that is not empty', async () => {
    const parent = await parentRun();
    await expect(fork(parent, 4)).rejects.toMatchObject({ code: 'usage', at: '--step' });
    await expect(fork(parent, 2, { parameters: { window_days: '7' } })).rejects.toMatchObject({ at: 'window_days' });
    expect((await fork(parent, 1, { parameters: { window_days: '7' } })).asked).toHaveLength(3);
    const record = readRecord(parent);
    const wanted = { step: 2, parameters: {}, runbook: loadRunbook(threeSteps()), resultsDir: parent };
    expect(() => forkRun(record, wanted)).toThrow(/not empty/u);
    expect(readFileSync(path.join(parent, 'events.jsonl'), 'utf8')).toContain(record.started.run);
  });
});
