import type { TimelineEntry, TimelineStep } from '../../agent/record/timeline.ts';
import type { CallItem, TimelineItem, Work } from '../../agent/record/timeline-items.ts';
import { plural, seconds, usd } from '../../lib/format.ts';

/** Lines of one step; a step that did more is told by the log. */
const MOST_LINES = 200;

/** What is shown of a step. */
export interface StepRow {
  number: number;
  title: string;
  /** `waiting` where the run has not come so far. */
  state: string;
  note: string;
  work: Work | undefined;
}

/** The steps of a run with their tool calls. A run that goes on fills them from its log (assets/live.js). */
export function RunSteps({
  entries,
  steps,
  ended,
}: {
  entries: readonly TimelineEntry[];
  steps: readonly { number: number; title: string }[];
  ended: boolean;
}) {
  return (
    <ol class="steps">
      {steps.map((step) => (
        <Row row={rowOf(step, entries, ended)} />
      ))}
    </ol>
  );
}

/** A step that opens: its calls, as far as they are known. */
export function Row({ row: { number, title, state, note, work } }: { row: StepRow }) {
  return (
    <li>
      <details data-step={number} data-title={title} open={state === 'running' || work?.failure !== null}>
        <summary>
          <span class="n">{number}</span>
          <b>{title}</b>
          <small data-note="">{note}</small>
          <span class={`state ${state}`}>{state}</span>
        </summary>
        <div class="body">
          {work?.failure && (
            <p class="error">
              {work.failure.message} {work.failure.hint}
            </p>
          )}
          <ul class="calls">
            {work?.items.slice(0, MOST_LINES).map((item) => (
              <Line item={item} />
            ))}
          </ul>
          {work && work.items.length > MOST_LINES && (
            <p class="muted">{plural(work.items.length - MOST_LINES, 'more line')} in events.jsonl.</p>
          )}
        </div>
      </details>
    </li>
  );
}

const STATE = { done: 'done', failed: 'failed', stopped: 'stopped', open: 'running' } as const;

function rowOf(
  { number, title }: { number: number; title: string },
  entries: readonly TimelineEntry[],
  ended: boolean,
): StepRow {
  const found = entries.findLast((entry) => entry.kind === 'step' && entry.number === number);
  if (found?.kind !== 'step')
    return { number, title, state: ended ? 'not begun' : 'waiting', note: '', work: ended ? undefined : NOTHING };
  return performedRow(found, { title, ended });
}

/** Of a step that has no work yet. */
export const NOTHING: Work = { items: [], artifacts: [], failure: null };

/** A step that was begun. */
export function performedRow(step: TimelineStep, { title, ended }: { title: string; ended: boolean }): StepRow {
  const state = step.status === 'open' && ended ? 'broken off' : STATE[step.status];
  const note = step.elapsed_s === null ? '' : seconds(step.elapsed_s);
  return { number: step.number, title, state, note, work: step };
}

function Line({ item }: { item: TimelineItem }) {
  switch (item.kind) {
    case 'call':
      return <Call item={item} />;
    case 'request':
      return (
        <li class={item.error === null ? '' : 'failed'}>
          <span>{item.model}</span>
          <span class="muted">
            {item.error ?? `${plural(item.input_tokens, 'token')} in, ${plural(item.output_tokens, 'token')} out`}
          </span>
          <span>{usd(item.cost_usd)}</span>
        </li>
      );
    case 'retry':
      return (
        <li>
          <span class="muted">Asked again: {item.reason}</span>
        </li>
      );
  }
}

function Call({ item: { call, tool, detail, queries, rows, elapsed_s, failure } }: { item: CallItem }) {
  const read = queries > 0 ? `${plural(queries, 'query', 'queries')}, ${plural(rows, 'row')}` : '';
  return (
    <li class={failure ? 'failed' : ''} {...(call === null ? {} : { 'data-call': call })}>
      <code>{tool}</code>
      <span class="muted">{[detail, read].filter((text) => text !== '').join(' · ')}</span>
      <span data-note="">{failure?.message ?? (elapsed_s === null ? '' : seconds(elapsed_s))}</span>
    </li>
  );
}
