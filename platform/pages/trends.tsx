import type { Hono } from 'hono';
import { usd } from '../../lib/format.ts';
import { taskFor } from '../api/auth.ts';
import type { Platform } from '../api/platform.ts';
import { recordOf } from '../api/trajectory.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { listRuns } from '../store/runs.ts';
import { page, Table, Time } from './layout.tsx';
import { pathOf, taskTabs } from './places.ts';
import { findingsOf, savingsOf } from './run-record.ts';
import { State } from './runs.tsx';
import type { PageContext, PageEnv } from './session.ts';
import { trendChart } from './trend-chart.ts';

const MOST_RUNS = 30;
const SCORES = { from: 1, to: 5 };

/** How a task does over its newest runs. */
export function trendPages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/:collection/:task/trends', (c) => trendsPage(c, platform));
}

interface Shown {
  /** How a figure is written. */
  shown?: (value: number) => string;
  range?: typeof SCORES;
}

interface Told {
  run: PlatformRun;
  findings: number | null;
  /** A month, USD. */
  savings: number | null;
}

async function trendsPage(c: PageContext, platform: Platform) {
  const { collection, task } = await taskFor(
    platform,
    c.get('token'),
    c.req.param() as { collection: string; task: string },
  );
  const { runs } = await listRuns(platform.pool, { taskId: task.id, limit: MOST_RUNS, offset: 0 });
  const told = runs.filter(({ ended }) => ended !== null).map((run) => tell(platform, run));
  const oldestFirst = told.toReversed();
  const chart = (name: string, read: (one: Told) => number | null, { shown = String, range }: Shown = {}) => {
    const points = oldestFirst.map(read);
    const values = points.filter((value) => value !== null);
    return (
      <figure>
        <img
          src={trendChart(points, range)}
          alt={`${name} of ${told.length} runs, oldest first; the figures are in the table`}
          width="320"
          height="110"
        />
        <figcaption>
          {name}
          {values.length === 0 ? '' : `: ${spanOf(values, shown)}`}
        </figcaption>
      </figure>
    );
  };
  const children =
    told.length === 0 ? (
      <>
        <h1>Trends</h1>
        <p class="muted">No run is over yet.</p>
      </>
    ) : (
      <>
        <h1>Trends</h1>
        <div class="charts">
          {chart('Score of 5', ({ run }) => run.score, { range: SCORES })}
          {chart('Cost', ({ run }) => run.costUsd, { shown: usd })}
          {chart('Findings', ({ findings }) => findings)}
          {chart('Savings found a month', ({ savings }) => savings, { shown: usd })}
        </div>
        <h2>The figures</h2>
        <Table of="Runs">
          <thead>
            <tr>
              <th>Run</th>
              <th>Started</th>
              <th>Status</th>
              <th class="number">Score</th>
              <th class="number">Cost</th>
              <th class="number">Findings</th>
              <th class="number">Savings found</th>
            </tr>
          </thead>
          <tbody>
            {told.map(({ run, findings, savings }) => (
              <tr>
                <td>
                  <a href={pathOf(collection.name, task.name, run.trajectoryId)}>
                    <code>{run.trajectoryId}</code>
                  </a>
                </td>
                <td>
                  <Time at={run.started} />
                </td>
                <td>
                  <State run={run} />
                </td>
                <td class="number">{run.score ?? '–'}</td>
                <td class="number">{usd(run.costUsd)}</td>
                <td class="number">{findings ?? '–'}</td>
                <td class="number">{savings === null ? '–' : usd(savings)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      </>
    );
  const names = { collection: collection.name, task: task.name };
  const crumbs = [{ text: names.collection, href: pathOf(names.collection) }, { text: names.task }];
  return page(c, { title: `Trends of ${task.name}`, crumbs, tabs: taskTabs(names, 'trends'), children });
}

/** From the lowest to the highest; one figure where they are the same. */
function spanOf(values: readonly number[], shown: (value: number) => string): string {
  const [from, to] = [shown(Math.min(...values)), shown(Math.max(...values))];
  return from === to ? from : `${from} to ${to}`;
}

function tell(platform: Platform, run: PlatformRun): Told {
  const record = recordOf(platform, run);
  const findings = record && findingsOf(record);
  return { run, findings: findings?.length ?? null, savings: (record && savingsOf(record)) ?? null };
}
