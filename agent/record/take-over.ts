import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Grade } from '../../rubric/grade.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import type { EventBody, RunEvent } from '../events.ts';
import type { QueryRecord } from '../recorded-source.ts';
import { EVENTS, GRADE, QUERIES } from '../results.ts';
import type { EarlierRounds } from '../rounds.ts';
import type { Earlier } from './earlier.ts';
import { inside } from './inside.ts';
import { stepsOf } from './parts.ts';
import { filesAfter, ofType, type RunRecord } from './read.ts';

/** Where a run can be taken over: behind its last finished step, or before the step that is asked for. */
export interface Cut {
  /** The events up to there. */
  events: RunEvent[];
  /** Steps that are finished there; mending steps aside. */
  steps: number;
}

/** Behind the last step that was finished, mending included. */
export function cutAtEnd(record: RunRecord): Cut {
  const { events } = record;
  const last = events.findLastIndex(({ type }) => type === 'step_finished');
  const taken = events.slice(0, last + 1);
  return { events: taken, steps: Math.min(finishedIn(taken), stepsOf(record).length) };
}

/** Behind the end of the step before this one; undefined where the run did not come so far. */
export function cutBefore({ events }: RunRecord, step: number): Cut | undefined {
  if (step === 1) return { events: [], steps: 0 };
  const end = events.findIndex((event) => event.type === 'step_finished' && event.number === step - 1);
  return end < 0 ? undefined : { events: events.slice(0, end + 1), steps: step - 1 };
}

function finishedIn(events: readonly RunEvent[]): number {
  return Math.max(0, ...ofType(events, 'step_finished').map(({ number }) => number));
}

/**
 * What a run goes on with, as the events before the cut tell it.
 * @param paid events whose model requests and tool calls count as made
 */
export function earlierOf(record: RunRecord, cut: Cut, paid: readonly RunEvent[] = []): Omit<Earlier, 'as' | 'rounds'> {
  const steps = stepsOf(record);
  const finished = ofType(cut.events, 'step_finished').filter(({ number }) => number <= steps.length);
  const titles = new Map(steps.map((step) => [step.number, step.title]));
  const opened = ofType(cut.events, 'source_opened').at(-1);
  const calls = ofType(paid, 'tool_started').map(({ call }) => call);
  return {
    steps: cut.steps,
    done: finished.map(({ id }) => id),
    source: opened
      ? {
          window: { from: new Date(opened.window.from), to: new Date(opened.window.to) },
          records: queriesOf(record, cut),
        }
      : null,
    notes: finished.flatMap(({ number, note }) =>
      note === null ? [] : [{ number, title: titles.get(number) ?? '', summary: note }],
    ),
    generations: ofType(paid, 'generation'),
    calls: Math.max(0, ...calls),
  };
}

function queriesOf({ payloads }: RunRecord, cut: Cut): QueryRecord[] {
  const file = filesAfter(cut.events).get(QUERIES);
  return file === undefined ? [] : (payloads.getJson(file) as QueryRecord[]);
}

/**
 * Puts the files of a results dir back to what they were at the cut: what an unfinished step left is no longer there, what it changed is
 * as before. Files that no event names stay.
 * @throws RunbookError before anything is changed: `log` where the record is damaged, `io` where a link stands in the place of a file
 */
export function restoreFiles(record: RunRecord, cut: Cut, dir: string): void {
  const wanted = filesAfter(cut.events);
  const results = ResultsDir.open(dir);
  const placeOf = (file: string) => inside(dir, file) && results.resolve(file);
  const contents = [...wanted].map(([file, sha256]) => [placeOf(file), record.payloads.get(sha256)] as const);
  const others = [...filesAfter(record.events).keys()].filter((file) => !wanted.has(file)).map(placeOf);
  for (const file of others) rmSync(file, { force: true });
  for (const [file, content] of contents) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

/** What `restoreFiles` changes, as events: what an unfinished step left goes, what it changed is as before. */
export function restoredFiles({ events, payloads }: RunRecord, cut: Cut): EventBody[] {
  const [wanted, now] = [filesAfter(cut.events), filesAfter(events)];
  const removed = [...now.keys()].filter((path) => !wanted.has(path));
  const changed = [...wanted].filter(([path, sha256]) => now.get(path) !== sha256);
  return [
    ...removed.map((path): EventBody => ({ type: 'artifact_removed', path })),
    ...changed.map(([path, sha256]): EventBody => {
      return { type: 'artifact_written', path, bytes: payloads.get(sha256).length, sha256 };
    }),
  ];
}

/** Cuts off a half-written last line. */
export function repairLog({ dir, bytes }: RunRecord): void {
  if (bytes.torn > 0) truncateSync(path.join(dir, EVENTS), bytes.whole);
}

/** The rounds that were graded before the run ended. */
export function roundsOf(
  record: RunRecord,
  mendOutputs: readonly string[],
  mendStep: number | undefined,
): EarlierRounds {
  const { events, payloads } = record;
  const rounds = ofType(events, 'graded').flatMap((graded) => {
    const before = filesAfter(events.slice(0, events.indexOf(graded)));
    const written = events
      .slice(events.indexOf(graded))
      .find((event) => event.type === 'artifact_written' && event.path === GRADE);
    if (written?.type !== 'artifact_written') return [];
    const grade = payloads.getJson(written.sha256) as Grade;
    const files = mendOutputs.flatMap((file) => {
      const sha256 = before.get(file);
      return sha256 === undefined ? [] : [[file, payloads.get(sha256)] as const];
    });
    return [{ number: graded.round, grade, files: new Map(files) }];
  });
  const mended = ofType(events, 'step_finished').filter(({ number }) => number === mendStep).length;
  return { rounds, mended };
}

/** A file as it is while it is written (`lib/files.ts`, payloads): the process was killed before it had its name. */
const HALF_WRITTEN = /^(?:\.|[0-9a-f]{64}).*\.[0-9a-f]{8}\.tmp$/u;

/** Removes files that a killed process had not finished to write. */
export function removeHalfWritten(dir: string): void {
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    if (entry.isFile() && HALF_WRITTEN.test(entry.name))
      rmSync(path.join(entry.parentPath, entry.name), { force: true });
  }
}
