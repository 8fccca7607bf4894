import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findRun, runsBelow } from '../../../agent/record/find.ts';
import { readRecord } from '../../../agent/record/read.ts';
import { listRuns, summaryOf } from '../../../agent/record/summary.ts';
import { finished, generation, graded, type Made, RUN, recordOf, resumed, started } from '../hand-made.ts';
import { runToy, temporaryFolder, toyRunbook } from '../toy.ts';

describe('summaryOf', () => {
  it.each([
    [0, 'passed', false],
    [1, 'not_passed', false],
    [3, 'gate', true],
    [4, 'budget', true],
    [5, 'failed', true],
    [130, 'interrupted', true],
  ])('calls exit %i %s', (exit, status, resumable) => {
    expect(summaryOf(recordOf([started(), finished(exit)]))).toMatchObject({ status, resumable });
  });

  it('calls a log without an end broken off, also behind a resume', () => {
    expect(summaryOf(recordOf([started()]))).toMatchObject({ status: 'broken_off', resumable: true });
    expect(summaryOf(recordOf([started(), finished(5), resumed(1)])).status).toBe('broken_off');
  });

  it('is running while its lock names a process that lives, whatever the log says', () => {
    const record = recordOf([started(), finished(5)]);
    writeFileSync(path.join(record.dir, '.run.lock'), String(process.ppid));
    const now = new Date('2026-07-31T12:01:00.000Z');
    expect(summaryOf(record, undefined, now)).toMatchObject({ status: 'running', resumable: false, elapsed_s: 60 });
    writeFileSync(path.join(record.dir, '.run.lock'), '999999999');
    expect(summaryOf(record).status).toBe('failed');
  });

  it('counts cost and time of all parts, without the pauses and without what was taken from a parent', () => {
    const events: Made[] = [
      started(),
      { ...generation(1), time: '2026-01-01T00:00:00.000Z', from: 'parent' },
      { ...generation(1), time: '2026-07-31T12:00:10.000Z' },
      { ...resumed(1), time: '2026-08-01T09:00:00.000Z' },
      { ...generation(2), time: '2026-08-01T09:00:05.000Z' },
      { ...finished(0), time: '2026-08-01T09:00:20.000Z' },
    ];
    expect(summaryOf(recordOf(events))).toMatchObject({ cost_usd: 0.5, elapsed_s: 30, agent: 'claude', model: 'm-2' });
  });

  it('scores the round that was kept, and the last one where grade.json does not say', () => {
    const rounds = [started(), graded(1, 4.2, false), graded(2, 3.1, false), finished(1)];
    expect(summaryOf(recordOf(rounds, { 'grade.json': '{"round":1}' })).score).toBe(4.2);
    expect(summaryOf(recordOf(rounds)).score).toBe(3.1);
    expect(summaryOf(recordOf([started()])).score).toBeNull();
  });
});

describe('listRuns', () => {
  /** A folder with a run in `name`. */
  function place(folder: string, name: string, events: readonly Made[]): string {
    const dir = path.join(folder, name);
    cpSync(recordOf(events).dir, dir, { recursive: true });
    return dir;
  }

  it('lists newest first; a damaged log is an entry that says what is wrong, and comes last', () => {
    const folder = temporaryFolder();
    const old = place(folder, 'old', [{ ...started(), time: '2026-07-01T00:00:00.000Z' }, finished(0)]);
    const young = place(folder, 'deep/er/young', [{ ...started(), time: '2026-07-02T00:00:00.000Z' }, finished(0)]);
    const damaged = place(folder, 'a-damaged', [started(), finished(0)]);
    appendFileSync(path.join(damaged, 'events.jsonl'), 'no event\n');
    const odd = place(folder, 'odd', [started()]);
    writeFileSync(path.join(odd, 'events.jsonl'), '{"v":1,"seq":1,"type":"run_started"}\n');
    const list = listRuns(folder);
    expect(list.map((run) => run.place)).toEqual([young, old, damaged, odd]);
    expect(list[2]).toMatchObject({ status: 'damaged', message: 'events.jsonl:3 is no event.' });
    expect(list[3]).toMatchObject({
      status: 'damaged',
      message: expect.stringContaining('events.jsonl:1: field '),
    });
  });

  it('takes an export of events for no run, and looks below it', () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'events.jsonl'), '{"event":"$ai_generation"}\n');
    const run = place(folder, 'results', [started(), finished(0)]);
    mkdirSync(path.join(folder, 'node_modules/x'), { recursive: true });
    place(folder, 'node_modules/x/run', [started()]);
    expect(runsBelow(folder)).toEqual([run]);
    expect(findRun(RUN.slice(0, 8), folder)).toBe(run);
  });

  it.runIf(process.platform !== 'win32')('does not wait for a pipe that is called as a log', () => {
    const folder = temporaryFolder();
    mkdirSync(path.join(folder, 'payloads'));
    execFileSync('sh', ['-c', 'mkfifo "$0"', path.join(folder, 'events.jsonl')]);
    expect(listRuns(folder)).toEqual([]);
    expect(() => readRecord(findRun(folder))).toThrow(
      expect.objectContaining({ code: 'log', message: expect.stringContaining('is no plain file') }),
    );
  });

  it('tells of a real run what it was', async () => {
    const { outcome } = await runToy(toyRunbook());
    expect(listRuns(path.dirname(outcome.resultsDir))).toMatchObject([
      { run: outcome.id, place: outcome.resultsDir, agent: 'scripted', model: null, cost_usd: 0, parent: null },
    ]);
  });
});

describe('findRun', () => {
  it('takes the log for its folder', () => {
    const { dir } = recordOf([started()]);
    expect(findRun(path.join(dir, 'events.jsonl'))).toBe(dir);
    expect(() => findRun(path.join(dir, 'none/events.jsonl'))).toThrow(/There is no run/u);
  });

  it('names at most five runs that fit a beginning, each with its whole id on a line', () => {
    const folder = temporaryFolder();
    const { dir } = recordOf([started()]);
    for (const name of ['a', 'b']) cpSync(dir, path.join(folder, name), { recursive: true });
    const two = `1111 fits 2 runs:\n  ${RUN} in ${folder}/a\n  ${RUN} in ${folder}/b`;
    expect(() => findRun('1111', folder)).toThrow(
      expect.objectContaining({ code: 'usage', message: two, hint: expect.stringContaining('Give the folder') }),
    );
    for (const name of ['c', 'd', 'e', 'f', 'g']) cpSync(dir, path.join(folder, name), { recursive: true });
    expect(() => findRun('1111', folder)).toThrow(/^1111 fits 7 runs:(?:\n {2}\S+ in \S+){5}\n {2}and 2 more$/u);
  });
});
