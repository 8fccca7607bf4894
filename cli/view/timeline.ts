import type { Timeline, TimelineEntry, TimelineGrading, TimelineStep } from '../../agent/record/timeline.ts';
import type { CallItem, Failure, RequestItem, TimelineItem, Work } from '../../agent/record/timeline-items.ts';
import { bytes, count, instant, percent, plural, seconds, truncate, usd } from '../../lib/format.ts';
import type { Palette } from '../colors.ts';
import { wrap } from '../wrap.ts';
import { statusColor, statusText } from './status.ts';
import { verdictLines } from './verdict.ts';

interface Look {
  /** Characters of a line. */
  width: number;
  colors: Palette;
}

const INDENT = '      ';

/** A run as a timeline: what it was, then its steps with what happened in them, then its grades. */
export function timelineText({ run, entries }: Timeline, look: Look): string {
  const blocks = entries.map((entry) => entryLines(entry, look));
  return `${[...head(run, look), '', ...blocks.flat()].join('\n')}\n`;
}

function head(run: Timeline['run'], { width, colors }: Look): string[] {
  const agent = run.model === null ? run.agent : `${run.agent} ${run.model}`;
  const figures = [instant(run.started), seconds(run.elapsed_s), agent, usd(run.cost_usd)];
  const score = run.score === null ? '' : `, ${run.score} of 5`;
  const status = statusColor(run.status, colors)(`${statusText(run.status)}${score}`);
  const hint = run.resumable ? [colors.dim(`runbook resume ${run.run.slice(0, 8)} goes on with it`)] : [];
  return [
    `${colors.bold(truncate(run.runbook, width - 30))}  ${status}`,
    ...wrap(`${run.run} · ${figures.join(' · ')}`, width),
    ...(run.parent ? [colors.cyan(`⑂ forked from ${run.parent.run} before step ${run.parent.before_step}`)] : []),
    colors.dim(truncate(run.place, width)),
    ...hint,
  ];
}

function entryLines(entry: TimelineEntry, look: Look): string[] {
  const { colors, width } = look;
  switch (entry.kind) {
    case 'source': {
      const { label, window, notices } = entry;
      const text = `${label}, ${instant(window.from)} to ${instant(window.to)}`;
      return [
        columns(text, [seconds(entry.elapsed_s)], look, 1),
        ...notices.flatMap((notice) => wrap(`! ${notice}`, width - 1).map((line) => colors.yellow(` ${line}`))),
      ];
    }
    case 'source_failed':
      return [` ${colors.red('✖')} the source could not be opened`, ...failureLines(entry.failure, look)];
    case 'resumed': {
      const agent = entry.model === null ? entry.agent : `${entry.agent} ${entry.model}`;
      const text = `↻ resumed behind step ${entry.after_step}, ${instant(entry.time)}, ${agent}`;
      return [colors.cyan(` ${truncate(text, width - 1)}`)];
    }
    case 'step':
      return stepLines(entry, look);
    case 'grading':
      return gradingLines(entry, look);
  }
}

function stepLines(step: TimelineStep, look: Look): string[] {
  const { colors, width } = look;
  const from = step.from === null ? '' : ` (from ${step.from.slice(0, 8)})`;
  const time = step.elapsed_s === null ? 'no end' : seconds(step.elapsed_s);
  const number = String(step.number).padStart(2);
  const title = columns(`${step.title}${from}`, [time], look, 6);
  const note = step.note === null ? [] : wrap(step.note, width - INDENT.length).slice(0, MAX_NOTE);
  return [
    ` ${markOf(step.status, colors)} ${colors.dim(number)} ${title.trimStart()}`,
    ...workLines(step, look),
    ...note.map((line) => colors.dim(`${INDENT}${line}`)),
  ];
}

/** Lines of an agent's note that are shown. */
const MAX_NOTE = 3;

function gradingLines(grading: TimelineGrading, look: Look): string[] {
  const { colors, width } = look;
  const { grade, note } = grading;
  const title = grade ? `Grading, round ${grade.round}` : 'Grading';
  const verdict = grade ? verdictLines(grade, colors, width - 3) : [];
  return [
    ` ${grade ? (grade.passed ? colors.green('✔') : colors.yellow('■')) : colors.red('✖')}  ${colors.bold(title)}`,
    ...workLines(grading, look),
    ...verdict.map((line) => `   ${line}`),
    ...(note === null ? [] : wrap(note, width - INDENT.length).map((line) => colors.dim(`${INDENT}${line}`))),
  ];
}

/** The mark of a step: also readable without colours. */
function markOf(status: TimelineStep['status'], colors: Palette): string {
  switch (status) {
    case 'done':
      return colors.green('✔');
    case 'failed':
      return colors.red('✖');
    case 'stopped':
      return colors.yellow('■');
    case 'open':
      return colors.cyan('…');
  }
}

function workLines({ items, artifacts, failure }: Work, look: Look): string[] {
  const { colors, width } = look;
  // A step mostly fails with what a call of it failed with.
  const isSaid = items.some((item) => item.kind === 'call' && item.failure?.message === failure?.message);
  const written = artifacts.length === 0 ? [] : wrap(`→ ${artifacts.join(', ')}`, width - INDENT.length);
  return [
    ...items.flatMap((item) => itemLines(item, look)),
    ...written.map((line) => colors.dim(`${INDENT}${line}`)),
    ...(failure === null || isSaid ? [] : failureLines(failure, look)),
  ];
}

function itemLines(item: TimelineItem, look: Look): string[] {
  if (item.kind === 'call') return callLines(item, look);
  if (item.kind === 'request') return requestLines(item, look);
  const { attempt, wait_s, reason } = item;
  const text = `model, attempt ${attempt}: again in ${seconds(wait_s)}: ${reason}`;
  return [look.colors.yellow(`${INDENT}${truncate(text, look.width - INDENT.length)}`)];
}

function callLines(
  { tool, detail, queries, rows, response_bytes, elapsed_s, failure }: CallItem,
  look: Look,
): string[] {
  const asked =
    queries === 0 ? [] : [plural(queries, 'query', 'queries'), plural(rows, 'row', 'rows'), bytes(response_bytes)];
  const figures = [...asked, elapsed_s === null ? 'no end' : seconds(elapsed_s)];
  const line = columns(detail === '' ? tool : `${tool} ${detail}`, figures, look, INDENT.length);
  return [line, ...(failure === null ? [] : failureLines(failure, look))];
}

function requestLines(used: RequestItem, look: Look): string[] {
  const share = used.input_tokens > 0 ? used.cached_tokens / used.input_tokens : 0;
  const tokens = `${count(used.input_tokens)} in (${percent(share)} cached) · ${count(used.output_tokens)} out`;
  const figures = [tokens, usd(used.cost_usd), seconds(used.elapsed_s)];
  const line = columns(`model ${used.stop_reason}`, figures, look, INDENT.length);
  return [
    line,
    ...(used.error === null ? [] : [look.colors.red(`${INDENT}  ${truncate(used.error, look.width - 8)}`)]),
  ];
}

function failureLines({ code, message, hint }: Failure, { width, colors }: Look): string[] {
  const lines = wrap(`${code}: ${message}`, width - 8).map((line) => colors.red(`${INDENT}  ${line}`));
  return [...lines, ...(hint === null ? [] : wrap(`hint: ${hint}`, width - 8).map((line) => `${INDENT}  ${line}`))];
}

/** The least of a text that is still of use. */
const MIN_TEXT = 18;

/** A text at the left and figures at the right edge; where there is no room for all, the first figures are left out. */
function columns(text: string, figures: readonly string[], { width, colors }: Look, indent: number): string {
  const joined = figures.join(' · ');
  const room = width - indent - joined.length - 2;
  if (room < MIN_TEXT && figures.length > 1) return columns(text, figures.slice(1), { width, colors }, indent);
  return `${' '.repeat(indent)}${truncate(text, Math.max(1, room)).padEnd(room)}  ${colors.dim(joined)}`;
}
