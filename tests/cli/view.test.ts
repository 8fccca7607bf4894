import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { EventBody, RunEvent } from '../../agent/events.ts';
import { NO_COLORS } from '../../cli/colors.ts';
import { liveView } from '../../cli/view/live.ts';
import { plainView } from '../../cli/view/plain.ts';
import { quietView } from '../../cli/view/quiet.ts';
import { screen } from '../../cli/view/screen.ts';
import { initialState, nextState, type RunState } from '../../cli/view/state.ts';

const TITLES = ['Connect', 'Fetch live model prices', 'Aggregate metrics by operation and model', 'Write the report'];

const STARTED: EventBody = {
  type: 'run_started',
  program: '0.0.0',
  runbook: { name: 'toy', title: 'Toy runbook', version: '1.0.0', digest: '', dir: null, files: [] },
  driver: 'scripted',
  model: null,
  note: 'scripted, as asked',
  budget: null,
  source: { specs: ['events.jsonl'], as_of: null },
  rounds: 3,
  parent: null,
  steps: TITLES.map((title, index) => ({ number: index + 1, id: `s${index + 1}`, title })),
  params: {},
  results_dir: '/results',
};
const OPENED: EventBody = {
  type: 'source_opened',
  kind: 'local',
  label: 'events.jsonl',
  window: { from: '2026-07-01T00:00:00.000Z', to: '2026-07-31T00:00:00.000Z' },
  notices: [{ code: 'lines_skipped', message: '2 lines are no events', count: 2 }],
  elapsed_s: 1.5,
};
const query = (step: number, rows: number): EventBody => {
  const base = {
    type: 'query',
    step,
    call: 1,
    tool: 'hogql_query',
    n: 1,
    name: 'metrics by model',
    error: null,
  } as const;
  return { ...base, request: '', answer: '', rows, response_bytes: 1500, elapsed_s: 0.5 };
};
const stepStarted = (number: number): EventBody => {
  return { type: 'step_started', number, id: `s${number}`, title: TITLES[number - 1] ?? '', rendered_sha256: '' };
};
const done = (number: number): EventBody => ({
  type: 'step_finished',
  number,
  id: `s${number}`,
  note: null,
  elapsed_s: 2.25,
});
const tool: EventBody = {
  type: 'tool_started',
  step: 3,
  call: 1,
  tool: 'hogql_query',
  input: { name: 'metrics by operation' },
  payload: null,
};
const graded: EventBody = {
  type: 'graded',
  round: 1,
  judge: null,
  average: 4.2,
  passed: false,
  scores: [
    { id: 'evidence', name: 'Evidence', score: 5, reasons: ['fine'] },
    { id: 'roadmap', name: 'Roadmap', score: 2, reasons: ['no savings'] },
  ],
  failed_gates: ['sums agree: totals differ'],
  claims: { checked: 1000, verified: 999 },
};
const finished: EventBody = {
  type: 'run_finished',
  exit: 1,
  queries: 2,
  response_bytes: 3000,
  elapsed_s: 4,
  report: null,
};

const RUNNING = [
  STARTED,
  OPENED,
  stepStarted(1),
  query(1, 1),
  done(1),
  stepStarted(2),
  done(2),
  stepStarted(3),
  tool,
  query(3, 1200),
];

/** The state after events that are half a second apart. */
function stateAfter(events: EventBody[]): RunState {
  return events.reduce((state, event, index) => nextState(state, event, index * 500), initialState());
}
const asEvent = (body: EventBody, index = 0): RunEvent => ({ v: 1, seq: index, time: '', run: 'r', ...body });
const draw = (events: EventBody[], size = { columns: 80, rows: 40 }) =>
  screen(stateAfter(events), size, events.length * 500, NO_COLORS).split('\n');

describe('the live screen', () => {
  it('shows what the model used beside what it may cost', () => {
    const budget = { turnsPerStep: 40, tokens: 1e7, seconds: 7200, costUsd: 5 };
    const properties = {
      ...{ $ai_input_tokens: 100, $ai_cache_read_input_tokens: 900, $ai_cache_creation_input_tokens: 0 },
      ...{ $ai_output_tokens: 200, $ai_total_cost_usd: 0.25 },
    };
    const used = { type: 'generation', properties } as unknown as EventBody;
    expect(draw([{ ...STARTED, budget }, used, used]).at(-1)).toMatch(/ 2,400 tokens · \$0\.50 of \$5\.00$/u);
  });

  it('shows steps with their state, queries, rows and time, the running call, and totals', () => {
    expect(draw(RUNNING, { columns: 100, rows: 40 })).toEqual([
      'Toy runbook 1.0.0',
      'events.jsonl · 2026-07-01 00:00 UTC to 2026-07-31 00:00 UTC',
      '! 2 lines are no events',
      '',
      ' ✔  1 Connect                                                        1 query         1 row   2.25 s',
      ' ✔  2 Fetch live model prices                                                                2.25 s',
      expect.stringMatching(/^ \S {2}3 Aggregate metrics by operation and model +1 query +1,200 rows +1\.50 s$/u),
      '      └ hogql_query · metrics by model 1.00 s',
      ' ·  4 Write the report',
      '',
      ' 5.00 s · 2 queries · 1,201 rows · 3.0 kB',
    ]);
  });

  it('never draws past the width of the terminal, nor past its height', () => {
    for (const columns of [40, 60, 80, 200]) {
      for (const line of draw(RUNNING, { columns, rows: 40 })) expect(line.length).toBeLessThan(columns);
    }
    const steps = Array.from({ length: 30 }, (_, index) => ({
      number: index + 1,
      id: `s${index}`,
      title: `Step ${index + 1}`,
    }));
    const low = draw([{ ...STARTED, steps } as EventBody, OPENED, stepStarted(15), tool], { columns: 80, rows: 14 });
    expect(low.length).toBeLessThanOrEqual(14);
    expect(low.some((line) => line.includes('Step 15'))).toBe(true);
    expect(low.some((line) => line.includes('more above'))).toBe(true);
  });

  it('marks steps that failed or were stopped without need of colours', () => {
    const failure = { code: 'auth', message: 'Refused.', hint: null };
    expect(draw([STARTED, stepStarted(1), { type: 'gate_stopped', number: 1, id: 's1', ...failure }])[3]).toMatch(
      /^ ■ {2}1 /u,
    );
    const failed: EventBody = { type: 'step_failed', number: 1, id: 's1', elapsed_s: 1, ...failure };
    expect(draw([STARTED, stepStarted(1), failed])[3]).toMatch(/^ ✖ {2}1 /u);
  });

  it('leaves its last frame and the verdict, and gives the terminal back', () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 10 });
    const view = liveView(stream as unknown as NodeJS.WriteStream, NO_COLORS);
    [...RUNNING, done(3), stepStarted(4), done(4), graded, finished].map(asEvent).forEach((event) => {
      view.event(event);
    });
    view.close();
    const text = String(stream.read());
    const last = stripVTControlCharacters(text.slice(text.lastIndexOf('Toy runbook')));
    for (const title of ['Connect', 'Write the report', 'NOT PASSED', 'Roadmap']) expect(last).toContain(title);
    expect(last.match(/✔/gu)).toHaveLength(4);
    expect(stream.listenerCount('resize')).toBe(0);
  });
});

describe('plain lines', () => {
  const lines = (events: EventBody[], view = plainView) => {
    let text = '';
    const opened = view((more) => {
      text += more;
    }, NO_COLORS);
    events.map(asEvent).forEach((event) => {
      opened.event(event);
    });
    return text;
  };

  it('say what happens, one thing a line, and end with the verdict', () => {
    expect(
      lines([STARTED, OPENED, stepStarted(1), graded, finished]),
    ).toBe(`Toy runbook 1.0.0; agent: scripted, as asked
source: events.jsonl, 2026-07-01 00:00 UTC to 2026-07-31 00:00 UTC (1.50 s)
  ! 2 lines are no events
step 1: Connect
NOT PASSED  4.2 of 5 on average; 999 of 1,000 figures and ids verified
  Evidence  ●●●●● 5 of 5
  Roadmap   ●●○○○ 2 of 5
    no savings
  ✖ sums agree: totals differ
finished in 4.00 s: queries 2, 3.0 kB, exit 1
`);
  });

  it('of the quiet view are failures only', () => {
    const failed: EventBody = {
      type: 'step_failed',
      number: 2,
      id: 's2',
      elapsed_s: 1,
      code: 'io',
      message: 'Full.',
      hint: 'Free some.',
    };
    expect(lines([...RUNNING, graded, finished], quietView)).toBe('');
    expect(lines([...RUNNING, failed], quietView)).toBe('Step 2 failed. Full.\n hint: Free some.\n');
  });
});
