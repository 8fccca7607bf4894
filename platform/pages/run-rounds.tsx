import type { TimelineEntry, TimelineGrading } from '../../agent/record/timeline.ts';
import { NOTHING, performedRow, Row } from './run-steps.tsx';

const MOST_LINES = 20;

/** What is shown of the grade of a round. */
export interface RoundWords {
  number: number;
  state: 'passed' | 'failed';
  /** The average. */
  note: string;
  /** What kept it from more, texts of the grader that quote the report. */
  reasons: string[];
}

/** The words of a grade, for a page that is made now and for one that hears of it (assets/live.js). */
export function wordsOfRound(grade: NonNullable<TimelineGrading['grade']>): RoundWords {
  const { round, average, passed, scores, failed_gates: gates } = grade;
  const reasons = [
    ...gates.map((gate) => `Failed gate: ${gate}`),
    ...scores.flatMap(({ name, score, reasons }) => reasons.map((reason) => `${name}, ${score ?? '–'}: ${reason}`)),
  ];
  return {
    number: round,
    state: passed ? 'passed' : 'failed',
    note: `${average.toFixed(2)} of 5`,
    reasons: reasons.slice(0, MOST_LINES),
  };
}

interface RoundsProps {
  entries: readonly TimelineEntry[];
  /** Those of the runbook: a step behind them mends the report. */
  steps: readonly { number: number }[];
  ended: boolean;
}

/** The rounds of grading and mending, in their order. A run that goes on fills them from its log. */
export function RunRounds({ entries, steps, ended }: RoundsProps) {
  const last = Math.max(...steps.map(({ number }) => number));
  let round = 0;
  const rows = entries.flatMap((entry) => {
    if (entry.kind === 'grading' && entry.grade) {
      round = entry.grade.round;
      return [<Round words={wordsOfRound(entry.grade)} />];
    }
    if (entry.kind !== 'step' || entry.number <= last) return [];
    return [<Row row={performedRow(entry, { title: mendingAfter(round), ended })} />];
  });
  if (ended && rows.length < 2) return null;
  const waiting = { number: last + 1, title: '', state: 'running', note: '', work: NOTHING };
  return (
    <section data-rounds="" hidden={rows.length === 0}>
      <h2>Grading</h2>
      <ol class="steps">{rows}</ol>
      {!ended && (
        <>
          <template data-of="round">
            <Round words={{ number: 0, state: 'failed', note: '', reasons: [] }} />
          </template>
          <template data-of="mending">
            <Row row={waiting} />
          </template>
        </>
      )}
    </section>
  );
}

function mendingAfter(round: number): string {
  return `Mending after round ${round}`;
}

function Round({ words: { number, state, note, reasons } }: { words: RoundWords }) {
  return (
    <li>
      <details data-round={number}>
        <summary>
          <span class="n">{number}</span>
          <b>Round {number}</b>
          <small data-note="">{note}</small>
          <span class={`state ${state}`}>{state}</span>
        </summary>
        <div class="body">
          <ul class="plain">
            {reasons.map((reason) => (
              <li>{reason}</li>
            ))}
          </ul>
        </div>
      </details>
    </li>
  );
}
