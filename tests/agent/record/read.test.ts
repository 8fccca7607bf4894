import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRecord } from '../../../agent/record/read.ts';
import { exitCodeOf } from '../../../cli/errors.ts';
import { finished, generation, graded, recordOf, resumed, started } from '../hand-made.ts';
import { temporaryFolder } from '../toy.ts';

/** A folder with these lines as its log; a text is a line as it is. */
function logOf(...events: (string | object)[]): string {
  const dir = temporaryFolder();
  const base = { v: 1, time: '2026-07-31T12:00:00.000Z', run: 'r1' };
  const lines = events.map((event, index) =>
    typeof event === 'string' ? event : JSON.stringify({ ...base, seq: index + 1, ...event }),
  );
  writeFileSync(path.join(dir, 'events.jsonl'), lines.map((line) => `${line}\n`).join(''));
  return dir;
}

function faultOf(dir: string): unknown {
  try {
    readRecord(dir);
    return undefined;
  } catch (error) {
    return error;
  }
}

const CHANGED = expect.stringContaining('changed after the run');

describe('a log that is not as the program writes it', () => {
  it.each([
    ['null', 'events.jsonl:2 is no event.'],
    ['5', 'events.jsonl:2 is no event.'],
    ['{"event":"$ai_generation"}', 'events.jsonl:2 is no event.'],
    [{ type: undefined }, 'events.jsonl:2 has no type.'],
    [{ type: 'toString' }, 'events.jsonl:2 is of the type "toString", which version 1 does not have.'],
    [
      { type: 'step_started', number: 1, id: 'a', title: 'A' },
      'events.jsonl:2: field rendered_sha256: expected string, received undefined.',
    ],
    [{ ...finished(0), exit: '0' }, 'events.jsonl:2: field exit: expected number, received string.'],
    [{ ...finished(0), time: 'noon' }, 'events.jsonl:2: field time: is no time.'],
    [{ ...finished(0), run: 7 }, 'events.jsonl:2: field run: expected string, received number.'],
    [
      generation(1, { $ai_total_cost_usd: null as unknown as number }),
      'events.jsonl:2: field properties.$ai_total_cost_usd: expected number, received null.',
    ],
    [
      { ...graded(1, 4, true), scores: [{ id: 'a' }] },
      'events.jsonl:2: field scores[0].name: expected string, received undefined.',
    ],
  ])('is refused by line and field: %j', (event, message) => {
    const fault = faultOf(logOf(started(), event));
    expect(fault).toMatchObject({ code: 'log', message, at: 'events.jsonl:2', hint: CHANGED });
    expect(exitCodeOf(fault)).toBe(2);
  });

  it.each([
    [{ steps: undefined }, 'steps: expected array, received undefined'],
    [
      { parent: { run: 'r0', before_step: 2, parts: [{ from_step: 1, params: {} }] } },
      'parent.parts[0].runbook: expected object, received undefined',
    ],
    [{ params: null }, 'params: expected record, received null'],
    [
      { runbook: { ...started().runbook, files: [{ path: 'a' }] } },
      'runbook.files[0].sha256: expected string, received undefined',
    ],
  ])('is refused where its beginning is not whole: %j', (change, field) => {
    expect(faultOf(logOf({ ...started(), ...change }))).toMatchObject({
      code: 'log',
      message: `events.jsonl:1: field ${field}.`,
    });
  });

  it('is read where it holds fields that this program does not know', () => {
    const dir = logOf({ ...started(), mood: 'good' }, resumed(0), generation(1), graded(1, 4, true), finished(0));
    expect(readRecord(dir).events).toHaveLength(5);
    expect(readRecord(dir).started).toMatchObject({ mood: 'good' });
  });

  it('of a newer version asks for a newer program', () => {
    expect(faultOf(logOf({ ...started(), v: 2 }))).toMatchObject({
      code: 'log',
      message: 'events.jsonl:1 is of version 2, and this program reads version 1.',
      hint: expect.stringContaining('newer version of the program'),
    });
  });

  it.each([
    ['nothing', ''],
    ['half a line', '{"v":1,"seq":1,"ty'],
  ])('that holds %s was never begun, and its run is to be made again', (_what, content) => {
    const dir = temporaryFolder();
    writeFileSync(path.join(dir, 'events.jsonl'), content);
    const fault = faultOf(dir);
    expect(fault).toMatchObject({
      code: 'log',
      message: expect.stringContaining('stopped before it began'),
      hint: expect.stringContaining('--overwrite'),
    });
    expect(exitCodeOf(fault)).toBe(2);
  });

  it('that is a folder is none', () => {
    const dir = temporaryFolder();
    mkdirSync(path.join(dir, 'events.jsonl'));
    expect(faultOf(dir)).toMatchObject({ code: 'log', message: expect.stringContaining('events.jsonl is a folder') });
  });
});

describe('a payload that is damaged', () => {
  it('is called by what names it', () => {
    const { dir, payloads, events } = recordOf([started()], { 'data/a.csv': 'n\n1\n' });
    const [, written] = events;
    const sha256 = written?.type === 'artifact_written' ? written.sha256 : '';
    const file = path.join(dir, 'payloads', sha256.slice(0, 2), sha256);
    writeFileSync(file, '');
    expect(() => payloads.get(sha256)).toThrow(
      `something else as ${sha256} (events.jsonl:2, artifact_written: data/a.csv)`,
    );
    rmSync(file);
    expect(() => payloads.get(sha256)).toThrow(`holds no ${sha256} (events.jsonl:2, artifact_written: data/a.csv)`);
    expect(() => payloads.get('f'.repeat(64))).toThrow(/holds no f+\.$/u);
  });

  it('of the runbook is called by its file, and of a query by its tool', () => {
    const [file, answer] = ['a'.repeat(64), 'b'.repeat(64)];
    const runbook = { ...started().runbook, files: [{ path: 'steps/a.md', sha256: file }] };
    const query = {
      ...{ type: 'query', step: 1, call: 1, tool: 'hogql_query', n: 1, name: 'calls', rows: 1, response_bytes: 1 },
      ...{ elapsed_s: 1, error: null, request: 'c'.repeat(64), answer },
    };
    const { payloads } = readRecord(logOf(started({ runbook }), query));
    expect(() => payloads.get(file)).toThrow('(events.jsonl:1, run_started: steps/a.md)');
    expect(() => payloads.get(answer)).toThrow('(events.jsonl:2, query: hogql_query)');
  });
});
