import type { Hono } from 'hono';
import { seconds, usd } from '../../lib/format.ts';
import { taskFor } from '../api/auth.ts';
import type { Platform } from '../api/platform.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { listRuns } from '../store/runs.ts';
import { page, Table, Time } from './layout.tsx';
import { pathOf, taskTabs } from './places.ts';
import type { PageEnv } from './session.ts';

const PAGE = 25;

/** The runs of a task, newest first. */
export function runsPages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/:collection/:task/runs', async (c) => {
    const { collection, task } = await taskFor(platform, c.get('token'), c.req.param());
    const at = Math.min(Math.max(1, Math.trunc(Number(c.req.query('page'))) || 1), 1e6);
    const { runs, total } = await listRuns(platform.pool, { taskId: task.id, limit: PAGE, offset: (at - 1) * PAGE });
    const names = { collection: collection.name, task: task.name };
    const here = pathOf(collection.name, task.name, 'runs');
    const children = (
      <>
        <h1>Runs</h1>
        {runs.length === 0 ? (
          <p class="muted">
            None{at > 1 ? ' on this page' : ' yet'}: <a href={pathOf(collection.name, task.name)}>run it</a>.
          </p>
        ) : (
          <form action={pathOf(collection.name, task.name, 'diff')}>
            <RunTable runs={runs} names={names} />
            {runs.length > 1 && (
              <button type="submit" class="quiet">
                Compare before and after
              </button>
            )}
          </form>
        )}
        <p class="paging">
          <span>{at > 1 && <a href={`${here}?page=${at - 1}`}>Newer</a>}</span>
          <span>{at * PAGE < total && <a href={`${here}?page=${at + 1}`}>Older</a>}</span>
        </p>
      </>
    );
    const crumbs = [{ text: names.collection, href: pathOf(names.collection) }, { text: names.task }];
    return page(c, { title: `Runs of ${task.name}`, crumbs, tabs: taskTabs(names, 'runs'), children });
  });
}

function RunTable({ runs, names }: { runs: PlatformRun[]; names: { collection: string; task: string } }) {
  return (
    <Table of="Runs">
      <thead>
        <tr>
          <th>Run</th>
          <th>Status</th>
          <th>Agent</th>
          <th class="number">Score</th>
          <th class="number">Cost</th>
          <th class="number">Duration</th>
          <th>Started, UTC</th>
          <th>By</th>
          <th>Before</th>
          <th>After</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr>
            <td>
              <a href={pathOf(names.collection, names.task, run.trajectoryId)}>{run.trajectoryId}</a>
            </td>
            <td>
              <State run={run} />
            </td>
            <td>{run.agent ?? '–'}</td>
            <td class="number">{run.score === null ? '–' : run.score.toFixed(2)}</td>
            <td class="number">{usd(run.costUsd)}</td>
            <td class="number">{durationOf(run)}</td>
            <td>
              <Time at={run.started ?? run.created} />
            </td>
            <td>{run.author ?? '–'}</td>
            {(['before', 'after'] as const).map((side) => (
              <td>
                <input
                  type="radio"
                  name={side}
                  value={run.trajectoryId}
                  aria-label={`Compare ${run.trajectoryId} as ${side}`}
                  checked={run === runs[side === 'before' ? 1 : 0]}
                />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

export function State({ run }: { run: PlatformRun }) {
  const isEnding = run.cancelRequested !== null && run.ended === null;
  return <span class={`state ${run.state}`}>{isEnding ? 'being cancelled' : run.state}</span>;
}

export function durationOf({ started, ended }: PlatformRun): string {
  if (!started) return '–';
  return seconds(((ended ?? new Date()).getTime() - started.getTime()) / 1000);
}
