import type { FireCount } from './fires.ts';
import type { RunCount } from './tally.ts';
import type { AnswerCount } from './traffic.ts';

/** What a scenario came to. */
export interface Row {
  scenario: string;
  /** What was done to it, in words, with how often. */
  faults: string;
  runs: RunCount | null;
  api: AnswerCount | null;
  fires: FireCount | null;
  /** What is not as it has to be, in words. */
  wrong: string[];
  /** Why it could not be made here: nothing was shown. */
  notMade?: string;
  seconds?: number;
}

const HEADS = [
  'scenario',
  'faults',
  'runs asked for',
  'completed / failed / lost',
  'steps done twice',
  'runs performed twice',
  'passed for complete and was not',
  'API answers',
  'ill-formed',
  'no answer (while killed)',
  'fires expected / made / twice / missed',
  's',
];

export function table(rows: readonly Row[]): string {
  const lines = rows.map((row) => (row.notMade === undefined ? cells(row) : notMade(row)));
  return [HEADS, HEADS.map((_head, index) => (index < 2 ? '---' : '---:')), ...lines]
    .map((line) => `| ${line.join(' | ')} |`)
    .join('\n');
}

function cells({ scenario, faults, runs, api, fires, seconds }: Row): string[] {
  const none = '–';
  return [
    scenario,
    faults,
    runs ? String(runs.asked) : none,
    runs ? `${runs.completed} / ${runs.failed} / ${runs.lost}` : none,
    runs ? String(runs.stepsTwice) : none,
    runs ? String(runs.runsTwice) : none,
    runs ? String(runs.falselyCompleted) : none,
    api ? [...api.byStatus].map(([status, count]) => `${count} × ${status}`).join(', ') : none,
    api ? String(api.illFormed) : none,
    api ? `${api.unanswered} (${api.whileKilled})` : none,
    fires ? `${fires.expected} / ${fires.made} / ${fires.twice} / ${fires.missed}` : none,
    (seconds ?? 0).toFixed(0),
  ];
}

function notMade({ scenario, notMade: why }: Row): string[] {
  return [scenario, `NOT MADE: ${why ?? ''}`, ...HEADS.slice(2).map(() => '–')];
}
