import type { Hono } from 'hono';
import { filesAfter, type RunRecord } from '../../agent/record/read.ts';
import { timelineOf } from '../../agent/record/timeline.ts';
import { REPORT } from '../../agent/results.ts';
import { usd } from '../../lib/format.ts';
import { actorOf } from '../api/auth.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { recordOf } from '../api/trajectory.ts';
import { addAudit } from '../store/audit.ts';
import { labelsOf } from '../store/labels.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { cancelRun } from '../store/run-states.ts';
import { runFolder } from '../work/results.ts';
import { Ingested } from './ingested.tsx';
import { Csrf, page, Time } from './layout.tsx';
import { pathOf, taskTabs } from './places.ts';
import { runFor } from './run-access.ts';
import { Files, Findings, REPORT_ID, Report, Verdict } from './run-results.tsx';
import { RunRounds } from './run-rounds.tsx';
import { RunSteps } from './run-steps.tsx';
import { durationOf, State } from './runs.tsx';
import type { PageContext, PageEnv } from './session.ts';
import { Badges } from './steps.tsx';

/** A browser without scripts asks so often how far a run is. */
const REFRESH_S = 10;

/** A run: what it does while it goes on, what came of it when it is over. */
export function runPages(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/:collection/:task/:trajectory{[0-9a-f]{8}}', async (c) => {
    const { collection, task, run } = await runFor(platform, c);
    const here = pathOf(collection.name, task.name, run.trajectoryId);
    const record = recordOf(platform, run);
    const labels = (await labelsOf(platform.pool, [run.id])).get(run.id) ?? [];
    const children = (
      <>
        <RunHead c={c} run={run} here={here} />
        {labels.length > 0 && <Badges facts={Object.fromEntries(labels.map(({ key, value }) => [key, value]))} />}
        {run.ended ? (
          <Over run={run} record={record} dir={runFolder(platform, run)} here={here} />
        ) : (
          <GoingOn run={run} record={record} here={here} />
        )}
      </>
    );
    const names = { collection: collection.name, task: task.name };
    const crumbs = [
      { text: names.collection, href: pathOf(names.collection) },
      { text: names.task, href: pathOf(names.collection, names.task) },
      { text: run.trajectoryId },
    ];
    const live = run.ended ? {} : { scripts: ['/assets/live.js'], refreshS: REFRESH_S };
    return page(c, { title: `${task.name} ${run.trajectoryId}`, crumbs, tabs: taskTabs(names), children, ...live });
  });
  pages.post('/:collection/:task/:trajectory{[0-9a-f]{8}}/cancel', async (c) => {
    const { collection, task, run } = await runFor(platform, c);
    if (!(await cancelRun(platform.pool, run.id))) throw refusal(400, 'The run is over already.');
    const entry = { collectionId: collection.id, actor: actorOf(c.get('token')), action: 'run.cancelled' };
    await addAudit(platform.pool, { ...entry, target: task.name, detail: { run: run.id } });
    return c.redirect(pathOf(collection.name, task.name, run.trajectoryId), 303);
  });
}

function RunHead({ c, run, here }: { c: PageContext; run: PlatformRun; here: string }) {
  const mayCancel = run.ended === null && run.cancelRequested === null;
  return (
    <>
      <div class="top">
        <h1>
          Run {run.trajectoryId} <State run={run} />
        </h1>
        {mayCancel && (
          <form method="post" action={`${here}/cancel`}>
            <Csrf c={c} />
            <button type="submit" class="danger">
              Cancel the run
            </button>
          </form>
        )}
      </div>
      {run.error && <p class="error">{run.error}</p>}
      <Facts run={run} />
    </>
  );
}

function Facts({ run }: { run: PlatformRun }) {
  const { agent, model, score, costUsd, started, created, author, attempts } = run;
  return (
    <dl class="facts">
      <Fact name="Score, of 5">{score === null ? '–' : score.toFixed(2)}</Fact>
      <Fact name="Cost">
        <span data-cost={costUsd}>{usd(costUsd)}</span>
      </Fact>
      <Fact name="Duration">{durationOf(run)}</Fact>
      <Fact name="Agent">{[agent ?? '–', ...(model ? [model] : [])].join(', ')}</Fact>
      <Fact name={started ? 'Started, UTC' : 'Asked for, UTC'}>
        <Time at={started ?? created} />
      </Fact>
      <Fact name="By">{author ?? '–'}</Fact>
      {attempts > 1 && <Fact name="Attempts">{attempts}</Fact>}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children?: unknown }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children as string}</dd>
    </div>
  );
}

function GoingOn({ run, record, here }: { run: PlatformRun; record: RunRecord | undefined; here: string }) {
  const timeline = record && timelineOf(record);
  const now = run.state === 'pending' ? 'It waits for a worker.' : 'It begins.';
  return (
    <section data-live={`${here}/events?after=${record?.events.at(-1)?.seq ?? 0}`}>
      <h2>As it happens</h2>
      <p data-now="" aria-live="polite" class="muted">
        {timeline ? 'It goes on.' : now}
      </p>
      <noscript>
        <p class="muted">The page loads itself anew every {REFRESH_S} seconds.</p>
      </noscript>
      {record && <RunSteps entries={timeline?.entries ?? []} steps={record.started.steps} ended={false} />}
      {record && <RunRounds entries={timeline?.entries ?? []} steps={record.started.steps} ended={false} />}
    </section>
  );
}

interface OverProps {
  run: PlatformRun;
  record: RunRecord | undefined;
  dir: string;
  here: string;
}

async function Over({ run, record, dir, here }: OverProps) {
  if (run.ingested) return <Ingested run={run} />;
  if (!record)
    return <p class="muted">It ended before it kept a record{run.started ? '' : ': no worker had begun it'}.</p>;
  const { entries } = timelineOf(record);
  return (
    <>
      {filesAfter(record.events).has(REPORT) && (
        <p>
          <a href={`#${REPORT_ID}`}>Read the report</a>
        </p>
      )}
      <Verdict record={record} />
      <Findings dir={dir} />
      <h2>Steps</h2>
      <p>
        <a href={`${here}/steps`}>Each step with its calls as they were recorded, to look into and to fork</a>
      </p>
      <RunSteps entries={entries} steps={record.started.steps} ended={true} />
      <RunRounds entries={entries} steps={record.started.steps} ended={true} />
      <Files dir={dir} here={here} />
      <Report dir={dir} here={here} />
    </>
  );
}
