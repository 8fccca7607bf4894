import { describe, expect, it } from 'vitest';
import { timelineOf } from '../../../agent/record/timeline.ts';
import { finished, generation, graded, type Made, recordOf, resumed, started } from '../hand-made.ts';

const TITLE = { number: 1, id: 'connect', title: 'Connect' };
const begin: Made = { type: 'step_started', ...TITLE, rendered_sha256: '' };
const place = { step: 1, call: 1, tool: 'hogql_query' };
const call: Made = { type: 'tool_started', ...place, input: { name: 'calls' }, payload: null };
const query: Made = {
  ...{ type: 'query', ...place, n: 1, name: 'calls', rows: 7, response_bytes: 90, elapsed_s: 0.1 },
  ...{ error: null, request: '', answer: '' },
};
const failure = { code: 'timeout', message: 'It took too long.', hint: 'Shorten the window.' };

describe('timelineOf', () => {
  it('puts queries, requests, retries and files to the step in which they happened', () => {
    const { entries } = timelineOf(
      recordOf([
        started(),
        begin,
        { type: 'model_retry', step: 1, attempt: 1, wait_s: 2, reason: '529' },
        generation(1),
        call,
        query,
        query,
        { type: 'artifact_written', path: 'a.csv', bytes: 1, sha256: '' },
        { type: 'artifact_written', path: 'a.csv', bytes: 2, sha256: '' },
        { type: 'tool_failed', ...place, ...failure, elapsed_s: 3 },
        { type: 'step_finished', ...TITLE, note: 'seen', elapsed_s: 4 } as Made,
      ]),
    );
    expect(entries).toMatchObject([
      {
        ...{ kind: 'step', status: 'done', elapsed_s: 4, note: 'seen', artifacts: ['a.csv'] },
        items: [
          { kind: 'retry', attempt: 1, wait_s: 2, reason: '529' },
          { kind: 'request', input_tokens: 400, cached_tokens: 300, cost_usd: 0.25, stop_reason: 'tool_use' },
          { kind: 'call', detail: 'calls', queries: 2, rows: 14, response_bytes: 180, elapsed_s: 3, failure },
        ],
      },
    ]);
  });

  it('shows what was begun in vain, and that the run went on', () => {
    const { entries } = timelineOf(recordOf([started(), begin, call, resumed(0), begin, call]));
    expect(entries).toMatchObject([
      { kind: 'step', status: 'open', items: [{ elapsed_s: null }] },
      { kind: 'resumed', after_step: 0, agent: 'claude', model: 'm-2' },
      { kind: 'step', status: 'open' },
    ]);
  });

  it('gives each round of grading its requests and its verdict', () => {
    const { entries } = timelineOf(
      recordOf([
        started(),
        begin,
        { type: 'step_finished', ...TITLE, note: null, elapsed_s: 1 } as Made,
        generation(0),
        graded(1, 3, false),
        { type: 'round_finished', round: 1, of: 2, passed: false, note: 'round 1 of 2 did not pass' },
        graded(2, 5, true),
        { type: 'artifact_written', path: 'grade.json', bytes: 1, sha256: '' },
        finished(0),
      ]),
    );
    expect(entries.slice(1)).toMatchObject([
      {
        kind: 'grading',
        grade: { round: 1, average: 3 },
        items: [{ kind: 'request' }],
        note: 'round 1 of 2 did not pass',
      },
      { kind: 'grading', grade: { round: 2, passed: true }, items: [], artifacts: ['grade.json'] },
    ]);
  });

  it('keeps failures with their hints, at a gate and where the source was not opened', () => {
    const gate: Made = { type: 'gate_stopped', number: 1, id: 'connect', ...failure };
    expect(timelineOf(recordOf([started(), begin, gate, finished(3)])).entries).toMatchObject([
      { kind: 'step', status: 'stopped', failure },
    ]);
    expect(timelineOf(recordOf([started(), { type: 'source_failed', ...failure }, gate])).entries).toEqual([
      { kind: 'source_failed', failure },
    ]);
  });
});
