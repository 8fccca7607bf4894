import path from 'node:path';
import type { DamagedRun, RunSummary } from '../../agent/record/summary.ts';
import { instant, seconds, usd } from '../../lib/format.ts';
import type { Palette } from '../colors.ts';
import { statusColor, statusText } from './status.ts';
import { type Column, table } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'run' },
  { title: 'status' },
  { title: 'agent', dispensable: 5 },
  { title: 'cost', right: true, dispensable: 3 },
  { title: 'score', right: true, dispensable: 2 },
  { title: 'time', right: true, dispensable: 4 },
  { title: 'started', dispensable: 1 },
  { title: 'parent', dispensable: 6 },
  { title: 'folder' },
];

interface Look {
  /** Characters of a line. */
  width: number;
  colors: Palette;
  /** Folders are named from here. */
  from: string;
}

/** Runs as a table, one a line; a log that cannot be read says so in its line. */
export function runsText(runs: readonly (RunSummary | DamagedRun)[], { width, colors, from }: Look): string {
  if (runs.length === 0) return 'There are no runs here.\n';
  const shortest = (place: string) => path.relative(from, place) || '.';
  const rows = runs.map((run) => cellsOf(run, shortest(run.place)));
  const lines = table(COLUMNS, rows, width, (text, column, row) => {
    const run = runs[row];
    if (!run) return colors.dim(text);
    return column === 'status' ? statusColor(run.status, colors)(text) : text;
  });
  const resumable = runs.some((run) => run.status !== 'damaged' && run.resumable);
  const hint = resumable ? [colors.dim('runbook resume RUN goes on with one that did not reach its end.')] : [];
  return `${[...lines, ...hint].join('\n')}\n`;
}

function cellsOf(run: RunSummary | DamagedRun, folder: string): string[] {
  if (run.status === 'damaged')
    return ['–', statusText(run.status), '', '', '', '', '', '', `${folder}: ${run.message}`];
  const { agent, model, cost_usd, score, elapsed_s, started, parent } = run;
  return [
    run.run.slice(0, 8),
    statusText(run.status),
    model === null ? agent : `${agent} ${model}`,
    usd(cost_usd),
    score === null ? '–' : score.toFixed(1),
    seconds(elapsed_s),
    instant(started).replace(' UTC', ''),
    parent === null ? '' : `${parent.run.slice(0, 8)} at ${parent.before_step}`,
    folder,
  ];
}
