import { describe, expect, it } from 'vitest';
import { timelineOf } from '../../../agent/record/timeline.ts';
import { NO_COLORS } from '../../../cli/colors.ts';
import { timelineText } from '../../../cli/view/timeline.ts';
import { finished, generation, graded, type Made, recordOf, resumed, started } from '../../agent/hand-made.ts';

const place = { step: 2, call: 1, tool: 'hogql_query' };
const step = (number: number, id: string, title: string): Made => ({
  ...{ type: 'step_started', number, id, title, rendered_sha256: '' },
});
const failure = {
  code: 'timeout',
  message: 'The source gave no answer in 60 s.',
  hint: 'Shorten the window: -p window_days=7',
};
const EVENTS: Made[] = [
  started({ driver: 'claude', model: 'm-1', parent: { run: 'aaaaaaaa-parent', before_step: 2 } }),
  {
    ...{ type: 'source_opened', kind: 'local', label: 'Toy events', elapsed_s: 1.5, notices: [] },
    window: { from: '2026-07-01T00:00:00.000Z', to: '2026-07-31T12:00:00.000Z' },
  },
  { ...step(1, 'connect', 'Connect to the source'), from: 'aaaaaaaa-parent' },
  { type: 'step_finished', number: 1, id: 'connect', note: null, elapsed_s: 0.5, from: 'aaaaaaaa-parent' },
  step(2, 'metrics', 'Aggregate metrics by operation and model, and a title that is longer than the line has room'),
  { type: 'model_retry', step: 2, attempt: 1, wait_s: 2, reason: 'the model is overloaded (529)' },
  generation(2),
  { type: 'tool_started', ...place, input: { name: 'cost by operation' }, payload: null },
  {
    ...{ type: 'query', ...place, n: 1, name: 'x', rows: 1234, response_bytes: 56_000, elapsed_s: 0.4 },
    ...{ error: null, request: '', answer: '' },
  },
  { type: 'tool_failed', ...place, ...failure, elapsed_s: 60 },
  { type: 'step_failed', number: 2, id: 'metrics', ...failure, elapsed_s: 61 },
  finished(5),
  resumed(1),
  step(2, 'metrics', 'Aggregate metrics'),
  { type: 'artifact_written', path: 'data/metrics.csv', bytes: 10, sha256: '' },
  { type: 'step_finished', number: 2, id: 'metrics', note: 'Two operations cost most.', elapsed_s: 3 },
  graded(1, 3, false),
  finished(1),
];

function at(width: number): string {
  return timelineText(timelineOf(recordOf(EVENTS), 'results'), { width, colors: NO_COLORS });
}

describe('timelineText', () => {
  it('shows a run from its beginning to its end', () => {
    expect(at(84)).toMatchInlineSnapshot(`
      "Toy runbook  did not pass, 3 of 5
      11111111-2222-4333-8444-555555555555 · 2026-07-31 12:00 UTC · 16.0 s · claude m-2 ·
      $0.25
      ⑂ forked from aaaaaaaa-parent before step 2
      results

       Toy events, 2026-07-01 00:00 UTC to 2026-07-31 12:00 UTC                     1.50 s
       ✔  1 Connect to the source (from aaaaaaaa)                                   0.50 s
       ✖  2 Aggregate metrics by operation and model, and a title that is longer …  61.0 s
            model, attempt 1: again in 2.00 s: the model is overloaded (529)
            model tool_use                 400 in (75.0% cached) · 50 out · $0.25 · 2.00 s
            hogql_query cost by operation          1 query · 1,234 rows · 56.0 kB · 60.0 s
              timeout: The source gave no answer in 60 s.
              hint: Shorten the window: -p window_days=7
       ↻ resumed behind step 1, 2026-07-31 12:00 UTC, claude m-2
       ✔  2 Aggregate metrics                                                       3.00 s
            → data/metrics.csv
            Two operations cost most.
       ■  Grading, round 1
         NOT PASSED  3 of 5 on average; 3 of 4 figures and ids verified
           Evidence  ●●●○○ 3 of 5
             one of two traces is named
           ✖ outputs: data/a.csv is missing
      "
    `);
  });

  it('keeps to the width of the terminal', () => {
    for (const width of [110, 80, 60])
      for (const line of at(width).split('\n')) expect(line.length, `${width}: ${line}`).toBeLessThanOrEqual(width);
  });
});
