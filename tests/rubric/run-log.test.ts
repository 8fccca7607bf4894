import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Artifacts } from '../../rubric/artifacts.ts';
import { logFaults } from '../../rubric/log-consistency.ts';
import { readLog } from '../../rubric/run-log.ts';

type Event = Record<string, unknown>;

const WINDOW = { from: '2026-07-01T00:00:00.000Z', to: '2026-07-31T00:00:00.000Z' };
const EVENTS: Event[] = [
  { type: 'run_started' },
  { type: 'source_opened', kind: 'sample', label: 'shop', window: WINDOW },
  { type: 'tool_started', tool: 'probe_project' },
  { type: 'query', n: 1, tool: 'probe_project', name: 'probe', rows: 1, error: null },
  { type: 'tool_finished', tool: 'probe_project', output: { generations: 12 } },
  { type: 'run_finished', queries: 1 },
];
const numbered = (events: Event[]) => events.map((event, index) => ({ v: 1, seq: index + 1, run: 'a', ...event }));
const linesOf = (events: Event[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');

function read(text: string | null) {
  const dir = mkdtempSync(path.join(tmpdir(), 'log-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  if (text !== null) writeFileSync(path.join(dir, 'events.jsonl'), text);
  return readLog(dir);
}

describe('the log of a run', () => {
  it('is a record where its events follow each other, whatever its last line was when the run was stopped', () => {
    expect(read(linesOf(numbered(EVENTS))).faults).toEqual([]);
    expect(read(`${linesOf(numbered(EVENTS))}{"v":1,"seq":7,"ti`).faults).toEqual([]);
    expect(read(null)).toEqual({ events: null, faults: [] });
  });

  it('may hold events of the run that it goes on from', () => {
    const events = numbered(EVENTS);
    events[2] = { ...events[2], run: 'b', from: 'b' } as (typeof events)[number];
    expect(read(linesOf(events)).faults).toEqual([]);
  });

  it.each<[string, (events: Event[]) => string, string]>([
    ['a line that is no event', (events) => `${linesOf(events)}not json\n`, 'events.jsonl:7 is no event of a run'],
    ['an event without a type', (events) => linesOf([...events, { seq: 7 }]), 'events.jsonl:7 is no event of a run'],
    ['a gap', (events) => linesOf(events.toSpliced(2, 1)), 'events.jsonl: event 4 stands where 3 is next'],
    [
      'two events in each other’s place',
      ([a, b, ...rest]) => linesOf([b ?? {}, a ?? {}, ...rest]),
      'events.jsonl: event 2 stands where 1 is next',
    ],
    [
      'an event of another run',
      (events) => linesOf(events.with(3, { ...events[3], run: 'b' })),
      'events.jsonl: event 4 is of another run',
    ],
    ['no start', () => linesOf(numbered(EVENTS.slice(1))), 'events.jsonl has no run_started'],
    ['nothing in it', () => ' ', 'events.jsonl is empty'],
  ])('is none with %s', (_what, change, fault) => {
    expect(read(change(numbered(EVENTS))).faults).toEqual([fault]);
  });
});

const artifacts = {
  project: { value: { backend: 'sample', label: 'shop', window: { ...WINDOW, days: 30 }, generations: 12 } },
  queries: { value: [{ n: 1, tool: 'probe_project', name: 'probe', rows: 1, error: null }] },
} as unknown as Artifacts;

/** The faults after a change of one event. */
function faultsWith(at: number, change: Event | null): string[] {
  const events = change === null ? EVENTS.toSpliced(at, 1) : EVENTS.with(at, { ...EVENTS[at], ...change });
  return logFaults(read(linesOf(numbered(events))).events ?? [], artifacts);
}

describe('a log beside the data files', () => {
  it('agrees with them after a run', () => {
    expect(faultsWith(0, {})).toEqual([]);
  });

  it.each<[string, number, Event | null, RegExp]>([
    ['another number of rows', 3, { rows: 8 }, /rows of query 1 is not the one of/u],
    ['a query that failed', 3, { error: 'time-out' }, /error of query 1/u],
    ['another name of a query', 3, { name: 'x' }, /name of query 1/u],
    ['another query', 3, { n: 2 }, /query 1 is not in/u],
    ['no query', 3, null, /has 1 queries, events.jsonl has 0/u],
    ['another source', 1, { label: 'live' }, /about another source or window/u],
    ['another window', 1, { window: { ...WINDOW, from: '2020-01-01T00:00:00.000Z' } }, /another source or window/u],
    ['another count of the probe', 4, { output: { generations: 99 } }, /generations is 12, events.jsonl says 99/u],
    ['a probe that failed', 4, { type: 'tool_failed' }, /no answer that data\/project.json could be from/u],
    ['a tool that never ended', 4, null, /1 tools were started, 0 ended/u],
    ['another count of queries', 5, { queries: 4 }, /has 1 queries, its end counts 4/u],
  ])('is found with %s', (_what, at, change, expected) => {
    expect(faultsWith(at, change)).toContainEqual(expect.stringMatching(expected));
  });
});
