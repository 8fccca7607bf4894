import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { forkRun } from '../../../agent/fork.ts';
import { partsOf } from '../../../agent/record/parts.ts';
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
    expect(started.parent).toMatchObject({ run: original, before_step: 2, parts: [{ from_step: 1 }] });
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

  it('replays with what each step was performed with, also as a fork of a fork', async () => {
    const parent = await parentRun();
    const first = await fork(parent, 2, { parameters: { greeting: 'you' } });
    const edited = threeSteps({ 'steps/c.md': queryStep('c', 'SELECT 33') });
    const second = await fork(first.resultsDir, 3, { runbook: edited, parameters: { greeting: 'all' } });
    expect(second.warnings).toEqual(['greeting is used by step 1, 2, which is taken from the record with greeting=']);
    expect(partsOf(readRecord(second.resultsDir)).map(({ from_step, params }) => [from_step, params.greeting])).toEqual(
      [
        [1, ''],
        [2, 'you'],
        [3, 'all'],
      ],
    );
    rmSync(parent, { recursive: true });
    rmSync(first.resultsDir, { recursive: true });
    expect(await replayOf(second.resultsDir)).toMatchObject({ changes: [], deviations: [], steps: { from: 1, to: 3 } });
  });

  it('leaves nothing where the record of its parent is damaged', async () => {
    const parent = await parentRun();
    const { sha256 } = ofType(readRecord(parent).events, 'artifact_written').find((e) => e.path === 'data/a.csv') ?? {};
    writeFileSync(path.join(parent, 'payloads', String(sha256).slice(0, 2), String(sha256)), '');
    const resultsDir = path.join(temporaryFolder(), 'fork');
    const wanted = { step: 2, parameters: {}, runbook: loadRunbook(threeSteps()), resultsDir };
    const { options, prepare } = forkRun(readRecord(parent), wanted);
    const performed = runToy(threeSteps(), { ...options, source: countingSource().open, prepare });
    await expect(performed).rejects.toMatchObject({ code: 'log' });
    expect(existsSync(resultsDir) && readdirSync(resultsDir).length > 0).toBe(false);
  });

  it('refuses steps that the run did not reach, another window, and a folder that is not empty', async () => {
    const parent = await parentRun();
    await expect(fork(parent, 4)).rejects.toMatchObject({ code: 'usage', at: '--step' });
    await expect(fork(parent, 2, { parameters: { window_days: '7' } })).rejects.toMatchObject({ at: 'window_days' });
    expect((await fork(parent, 1, { parameters: { window_days: '7' } })).asked).toHaveLength(3);
    const record = readRecord(parent);
    const wanted = { step: 2, parameters: {}, runbook: loadRunbook(threeSteps()), resultsDir: parent };
    expect(() => forkRun(record, wanted)).toThrow(/not empty/u);
    const inside = path.join(parent, 'payloads');
    expect(() => forkRun(record, { ...wanted, resultsDir: inside })).toThrow(/lies in the one of the run/u);
    const file = path.join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(() => forkRun(record, { ...wanted, resultsDir: file })).toThrow(/is a file/u);
    expect(readFileSync(path.join(parent, 'events.jsonl'), 'utf8')).toContain(record.started.run);
  });
});
