import { describe, expect, it } from 'vitest';
import type { DamagedRun, RunSummary } from '../../../agent/record/summary.ts';
import { NO_COLORS } from '../../../cli/colors.ts';
import { runsText } from '../../../cli/view/runs.ts';

const base: RunSummary = {
  run: '06db91ba-597f-42e8-bb6f-13dbef1dfefe',
  place: '/work/runs/first',
  runbook: 'Toy',
  status: 'passed',
  resumable: false,
  agent: 'claude',
  model: 'claude-sonnet-4-6',
  cost_usd: 0.4213,
  score: 4.8,
  elapsed_s: 312.4,
  started: '2026-10-31T23:12:20.800Z',
  parent: null,
};
const fork: RunSummary = {
  ...base,
  ...{ run: '71835202-3905-4ce3-80df-2945f9c432dd', place: '/work/runs/second', agent: 'scripted', model: null },
  ...{ cost_usd: 0, score: null, status: 'broken_off', resumable: true, parent: { run: base.run, before_step: 3 } },
};
const damaged: DamagedRun = { place: '/work/runs/old', status: 'damaged', message: 'events.jsonl:2 is no event.' };

const at = (width: number) => runsText([base, fork, damaged], { width, colors: NO_COLORS, from: '/work' });

describe('runsText', () => {
  it('is a table, one run a line', () => {
    expect(at(Number.POSITIVE_INFINITY)).toMatchInlineSnapshot(`
      "run       status      agent                      cost  score   time  started           parent         folder
      06db91ba  passed      claude claude-sonnet-4-6  $0.42    4.8  312 s  2026-10-31 23:12                 runs/first
      71835202  broken off  scripted                  $0.00      –  312 s  2026-10-31 23:12  06db91ba at 3  runs/second
      –         damaged                                                                                     runs/old: events.jsonl:2 is no event.
      runbook resume RUN goes on with one that did not reach its end.
      "
    `);
  });

  it('leaves out what is least needed where the terminal is narrow, and never breaks a line', () => {
    for (const width of [120, 100, 80, 60, 40]) {
      const lines = at(width).split('\n').slice(0, 4);
      for (const line of lines) expect(line.length, `${width}: ${line}`).toBeLessThanOrEqual(width);
    }
    expect(at(60)).toMatchInlineSnapshot(`
      "run       status      started           folder
      06db91ba  passed      2026-10-31 23:12  runs/first
      71835202  broken off  2026-10-31 23:12  runs/second
      –         damaged                       runs/old: events.js…
      runbook resume RUN goes on with one that did not reach its end.
      "
    `);
  });

  it('says that there are none', () => {
    expect(runsText([], { width: 80, colors: NO_COLORS, from: '/work' })).toBe('There are no runs here.\n');
  });
});
