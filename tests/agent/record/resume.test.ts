import { appendFileSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../agent/events.ts';
import { ofType, readRecord } from '../../../agent/record/read.ts';
import { recordedRunbook } from '../../../agent/record/runbook.ts';
import { storyOf } from '../../../agent/record/story.ts';
import { timelineOf } from '../../../agent/record/timeline.ts';
import { prepareResume, resumeOptions } from '../../../agent/resume.ts';
import { loadRunbook } from '../../../agent/runbook/load.ts';
import { runToy, temporaryFolder } from '../toy.ts';
import { countingSource, filesIn, queryStep, replayOf, threeSteps } from './runs.ts';

/** A run that failed in its second step. */
async function brokenRun(runbook = threeSteps()) {
  const resultsDir = path.join(temporaryFolder(), 'results');
  const first = countingSource("'b'");
  const { outcome } = await runToy(runbook, { resultsDir, source: first.open });
  expect(outcome.exitCode).toBe(5);
  return { runbook, resultsDir };
}

async function resume(dir: string, runbook: string, acceptChanges = false) {
  const record = readRecord(dir);
  const source = countingSource();
  const options = resumeOptions(record, { runbook: loadRunbook(runbook), acceptChanges });
  const { outcome } = await runToy(runbook, { ...options, source: source.open, prepare: () => prepareResume(record) });
  return { outcome, asked: source.asked };
}

/** Leaves the log as it was up to an event. */
function breakOff(dir: string, at: (event: RunEvent) => boolean): void {
  const { events } = readRecord(dir);
  const lines = events.slice(0, events.findLastIndex(at) + 1).map((event) => JSON.stringify(event));
  writeFileSync(path.join(dir, 'events.jsonl'), `${lines.join('\n')}\n`);
}

describe('a run that was broken off', () => {
  it('goes on behind its last finished step, and is the run that it would have been', async () => {
    const { runbook, resultsDir } = await brokenRun();
    const { outcome, asked } = await resume(resultsDir, runbook);
    expect(asked).toEqual(["SELECT 'b'", "SELECT 'c'"]);
    const { events, started } = readRecord(resultsDir);
    expect(outcome.id).toBe(started.run);
    expect(ofType(events, 'step_finished').map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(ofType(events, 'run_resumed')).toMatchObject([{ after_step: 1, torn_bytes: 0 }]);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const queries = JSON.parse(readFileSync(path.join(resultsDir, 'data/queries.json'), 'utf8')) as { n: number }[];
    expect(queries.map(({ n }) => n)).toEqual([1, 2, 3]);
    expect(await replayOf(resultsDir)).toMatchObject({ changes: [], deviations: [] });
  });

  it('mends a torn line, and takes away what an unfinished step left and changed', async () => {
    const { runbook, resultsDir } = await brokenRun();
    const log = path.join(resultsDir, 'events.jsonl');
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    const end = lines.findIndex((line) => line.includes('"step_started"') && line.includes('"id":"b"'));
    const seq = end + 2;
    const stray = {
      v: 1,
      seq,
      time: '2026-07-31T12:00:00.000Z',
      run: readRecord(resultsDir).started.run,
      type: 'artifact_written',
      path: 'data/stray.csv',
    };
    writeFileSync(
      log,
      `${[...lines.slice(0, end + 1), JSON.stringify({ ...stray, bytes: 1, sha256: 'x' })].join('\n')}\n`,
    );
    appendFileSync(log, '{"v":1,"seq":99,"ty');
    writeFileSync(path.join(resultsDir, 'data/stray.csv'), 'half');
    writeFileSync(path.join(resultsDir, 'data/.b.csv.0a1b2c3d.tmp'), 'half');
    writeFileSync(path.join(resultsDir, 'data/a.csv'), 'changed');
    await resume(resultsDir, runbook);
    expect(ofType(readRecord(resultsDir).events, 'run_resumed')).toMatchObject([{ torn_bytes: 19 }]);
    expect(Object.keys(filesIn(resultsDir))).not.toContain('data/stray.csv');
    expect(existsSync(path.join(resultsDir, 'data/.b.csv.0a1b2c3d.tmp'))).toBe(false);
    expect(filesIn(resultsDir)['data/a.csv']).toBe('n\n1\n');
  });

  it('keeps its finished steps in the story where it is killed again before it begins another', async () => {
    const { runbook, resultsDir } = await brokenRun();
    await resume(resultsDir, runbook);
    const record = readRecord(resultsDir);
    const events = record.events.flatMap((event): RunEvent[] =>
      event.type === 'run_resumed' ? [event, event] : [event],
    );
    expect(storyOf({ ...record, events }).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it('refuses a runbook that was changed, unless the change is accepted', async () => {
    const { runbook, resultsDir } = await brokenRun();
    writeFileSync(path.join(runbook, 'steps/c.md'), queryStep('c', 'SELECT 3'));
    await expect(resume(resultsDir, runbook)).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('--accept-changes'),
    });
    expect((await resume(resultsDir, runbook, true)).asked).toEqual(["SELECT 'b'", 'SELECT 3']);
  });

  it('replays, goes on again and is forked with the runbook that was accepted', async () => {
    const { runbook, resultsDir } = await brokenRun();
    writeFileSync(path.join(runbook, 'steps/a.md'), queryStep('a', 'SELECT 1'));
    writeFileSync(path.join(runbook, 'steps/c.md'), queryStep('c', 'SELECT 3'));
    await resume(resultsDir, runbook, true);
    expect(await replayOf(resultsDir)).toMatchObject({ changes: [], deviations: [], steps: { from: 1, to: 3 } });
    breakOff(resultsDir, ({ type, ...event }) => type === 'step_started' && 'number' in event && event.number === 3);
    expect((await resume(resultsDir, runbook)).asked).toEqual(['SELECT 3']);
    const kept = recordedRunbook(readRecord(resultsDir), temporaryFolder());
    expect(kept.steps[2]?.body).toContain('SELECT 3');
  });

  it.each([1, 2, 3, 4])('reaches the same end where the last %i lines of a whole run are lost', async (lost) => {
    const runbook = threeSteps();
    const resultsDir = path.join(temporaryFolder(), 'results');
    const first = await runToy(runbook, { resultsDir, source: countingSource().open });
    const [whole, { events }] = [filesIn(resultsDir), readRecord(resultsDir)];
    breakOff(resultsDir, ({ seq }) => seq === events.length - lost);
    const { outcome } = await resume(resultsDir, runbook);
    expect(outcome).toMatchObject({ exitCode: first.outcome.exitCode, grade: first.outcome.grade });
    expect(filesIn(resultsDir)).toEqual(whole);
    const gradings = timelineOf(readRecord(resultsDir)).entries.filter((entry) => entry.kind === 'grading');
    expect(new Set(gradings.map(({ grade }) => grade?.round))).toEqual(new Set([1]));
    expect(await replayOf(resultsDir)).toMatchObject({ changes: [], deviations: [] });
  });

  it('writes through no link that stands in the place of an artifact', async () => {
    const { runbook, resultsDir } = await brokenRun();
    const other = path.join(temporaryFolder(), 'other.csv');
    writeFileSync(other, 'not ours');
    rmSync(path.join(resultsDir, 'data/a.csv'));
    symlinkSync(other, path.join(resultsDir, 'data/a.csv'));
    await expect(resume(resultsDir, runbook)).rejects.toMatchObject({ code: 'io' });
    expect(readFileSync(other, 'utf8')).toBe('not ours');
  });

  it('is not touched where another process has gone on with it meanwhile', async () => {
    const { runbook, resultsDir } = await brokenRun();
    const record = readRecord(resultsDir);
    await resume(resultsDir, runbook);
    const whole = readFileSync(path.join(resultsDir, 'events.jsonl'), 'utf8');
    expect(() => prepareResume(record)).toThrow(/Another process has gone on/u);
    expect(readFileSync(path.join(resultsDir, 'events.jsonl'), 'utf8')).toBe(whole);
  });

  it('refuses a run that is over, and one whose record is damaged, before anything changes', async () => {
    const { runbook, resultsDir } = await brokenRun();
    const sha256 =
      ofType(readRecord(resultsDir).events, 'artifact_written').find((e) => e.path === 'data/a.csv')?.sha256 ?? '';
    const payload = path.join(resultsDir, 'payloads', sha256.slice(0, 2), sha256);
    const content = readFileSync(payload);
    writeFileSync(payload, 'something else');
    const before = filesIn(resultsDir);
    await expect(resume(resultsDir, runbook)).rejects.toMatchObject({ code: 'log' });
    expect(filesIn(resultsDir)).toEqual(before);
    rmSync(payload);
    await expect(resume(resultsDir, runbook)).rejects.toMatchObject({ code: 'log' });
    writeFileSync(payload, content);
    await resume(resultsDir, runbook);
    await expect(resume(resultsDir, runbook)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('finished'),
    });
  });

  it('refuses a log with a damaged line, a gap, or a version that it does not know', async () => {
    const { resultsDir } = await brokenRun();
    const log = path.join(resultsDir, 'events.jsonl');
    const text = readFileSync(log, 'utf8');
    const lines = text.split('\n');
    const cases: [string[], RegExp][] = [
      [lines.with(2, 'no json'), /events\.jsonl:3 is no event/u],
      [lines.toSpliced(2, 1), /events\.jsonl:3 has the number 4/u],
      [lines.with(1, (lines[1] ?? '').replace('"v":1', '"v":7')), /version 7/u],
      [lines.toSpliced(0, 1), /has the number 2/u],
    ];
    for (const [changed, message] of cases) {
      writeFileSync(log, changed.join('\n'));
      expect(() => readRecord(resultsDir)).toThrow(message);
    }
    rmSync(log);
    expect(() => readRecord(resultsDir)).toThrow(/no run in/u);
  });
});
