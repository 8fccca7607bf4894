import { bytes, count, instant, plural, seconds, truncate, usd } from '../../lib/format.ts';
import type { Palette } from '../colors.ts';
import type { RunState, StepState, StepStatus } from './state.ts';

export interface ScreenSize {
  columns: number;
  rows: number;
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
/** Lines around the steps: head, window, blank, call, blank, totals. */
const OTHER_LINES = 8;

/** The live screen as text: head, steps with the running call, totals. @param now milliseconds */
export function screen(state: RunState, size: ScreenSize, now: number, colors: Palette): string {
  const width = Math.max(40, Math.min(size.columns, 110)) - 1;
  const lines = [
    ...head(state, width, now, colors),
    '',
    ...steps(state, size, width, now, colors),
    '',
    totals(state, width, now, colors),
  ];
  return lines.join('\n');
}

function head(state: RunState, width: number, now: number, colors: Palette): string[] {
  const source = state.source === '' ? `${spinner(now)} opening the source…` : state.source;
  const title = truncate(state.title, width);
  const window = state.window ? ` · ${instant(state.window.from)} to ${instant(state.window.to)}` : '';
  return [
    colors.bold(title),
    colors.dim(truncate(`${source}${window}`, width)),
    ...state.notices.map((notice) => colors.yellow(truncate(`! ${notice}`, width))),
  ];
}

/** All steps, or on a low terminal those around the running one. */
function steps(state: RunState, size: ScreenSize, width: number, now: number, colors: Palette): string[] {
  const room = Math.max(3, size.rows - OTHER_LINES - state.notices.length);
  const current = Math.max(
    0,
    state.steps.findLastIndex((step) => step.status !== 'waiting'),
  );
  const first = Math.min(Math.max(0, current - Math.floor(room / 2)), Math.max(0, state.steps.length - room));
  const shown = state.steps.slice(first, first + room);
  const lines = shown.flatMap((step) => {
    const line = stepLine(step, width, now, colors);
    return step.status === 'running' && state.call ? [line, callLine(state.call, width, now, colors)] : [line];
  });
  const before = first > 0 ? [colors.dim(`     … ${first} more above`)] : [];
  const after = state.steps.length - first - shown.length;
  return [...before, ...lines, ...(after > 0 ? [colors.dim(`     … ${after} more below`)] : [])];
}

function stepLine(step: StepState, width: number, now: number, colors: Palette): string {
  const figures = figuresOf(step, width, now);
  const title = truncate(step.title, width - 7 - figures.length).padEnd(width - 7 - figures.length);
  const head = ` ${markOf(step.status, now, colors)} ${colors.dim(String(step.number).padStart(2))}`;
  if (step.status === 'waiting') return `${head} ${colors.dim(title.trimEnd())}`;
  return `${head} ${step.status === 'running' ? colors.bold(title) : title} ${colors.dim(figures)}`;
}

function spinner(now: number): string {
  return SPINNER[Math.floor(now / 80) % SPINNER.length] ?? '';
}

/** The mark of a step: also readable without colours. */
function markOf(status: StepStatus, now: number, colors: Palette): string {
  switch (status) {
    case 'waiting':
      return colors.dim('·');
    case 'running':
      return colors.cyan(spinner(now));
    case 'done':
      return colors.green('✔');
    case 'failed':
      return colors.red('✖');
    case 'stopped':
      return colors.yellow('■');
  }
}

/** Queries, rows and time in columns; the title needs the room more on narrow terminals. */
function figuresOf(step: StepState, width: number, now: number): string {
  const elapsed = step.status === 'running' ? Math.max(0, now - step.startedAt) / 1000 : step.elapsedS;
  const queries = step.queries === 0 ? '' : plural(step.queries, 'query', 'queries');
  const rows = step.rows === 0 ? '' : plural(step.rows, 'row', 'rows');
  const columns = [
    width >= 60 ? queries.padStart(10) : '',
    width >= 90 ? rows.padStart(13) : '',
    seconds(elapsed).padStart(8),
  ];
  return columns.filter(Boolean).join(' ');
}

function callLine(call: NonNullable<RunState['call']>, width: number, now: number, colors: Palette): string {
  const detail = call.detail === '' ? '' : ` · ${call.detail}`;
  const text = truncate(`${call.tool}${detail}`.replace(/\s+/gu, ' '), width - 18);
  return colors.dim(`      └ ${text} ${seconds(Math.max(0, now - call.startedAt) / 1000)}`);
}

function totals(state: RunState, width: number, now: number, colors: Palette): string {
  const elapsed = seconds(Math.max(0, now - state.startedAt) / 1000);
  const figures = [
    plural(state.queries, 'query', 'queries'),
    plural(state.rows, 'row', 'rows'),
    bytes(state.responseBytes),
    ...(state.model ? [`${count(state.model.tokens)} tokens`, spentOf(state.model.costUsd, state.maxCostUsd)] : []),
  ];
  return colors.dim(truncate(` ${[elapsed, ...figures].join(' · ')}`, width));
}

function spentOf(costUsd: number, maxCostUsd: number | null): string {
  return maxCostUsd === null ? usd(costUsd) : `${usd(costUsd)} of ${usd(maxCostUsd)}`;
}
