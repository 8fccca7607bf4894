import type { Hono } from 'hono';
import { givenParameters } from '../../agent/parameters.ts';
import type { RunRecord } from '../../agent/record/read.ts';
import { RunbookError } from '../../lib/errors.ts';
import { askForRun } from '../api/ask-for-run.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { varsIn } from './asked.ts';
import { Csrf } from './layout.tsx';
import { pathOf } from './places.ts';
import { runFor } from './run-access.ts';
import { Parameter } from './run-form.tsx';
import { recordFor } from './run-record.ts';
import { runbookOfRun } from './runbooks.ts';
import { fieldsOf, type PageContext, type PageEnv } from './session.ts';

const WINDOW = 'window_days';

/** A run that takes the steps before one from another, and does the rest anew. */
export function forkRoute(pages: Hono<PageEnv>, platform: Platform): void {
  pages.post('/:collection/:task/:trajectory{[0-9a-f]{8}}/fork', async (c) => {
    const { collection, task, run } = await runFor(platform, c);
    if (!run.ended) throw refusal(400, 'The run goes on: it can be forked when it is over.');
    const fields = await fieldsOf(c);
    const step = Number(fields.step);
    const record = recordFor(platform, run);
    const finished = record.events.some((event) => event.type === 'step_finished' && event.number === step - 1);
    if (!Number.isInteger(step) || step < 1 || (step > 1 && !finished))
      throw refusal(400, 'It cannot be forked at that step: the steps before it must be finished.');
    const { manifest } = await runbookOfRun(run);
    const vars = { ...record.started.params, ...givenParameters(manifest, varsIn(fields)) };
    const fork = await askForRun(platform, {
      ...{ token: c.get('token'), task, workflow: run.workflow },
      ...{ initParams: { ...run.initParams, vars }, parent: { id: run.id, step } },
    });
    return c.redirect(pathOf(collection.name, task.name, fork.trajectoryId), 303);
  });
}

/** A run whose runbook cannot be read was not performed: there is nothing to fork. */
function nothingWhereUnread(error: unknown): undefined {
  if (!(error instanceof RunbookError)) throw error;
}

/** @param step the first one that is performed anew */
export async function ForkForm({
  c,
  found: { collection, task, run },
  record,
  step,
}: {
  c: PageContext;
  found: Awaited<ReturnType<typeof runFor>>;
  record: RunRecord;
  step: number;
}) {
  const runbook = await runbookOfRun(run).catch(nothingWhereUnread);
  if (!runbook || step > runbook.steps.length) return null;
  const { parameters } = runbook.manifest;
  const { params } = record.started;
  // The window of a run is pinned when its source is opened.
  const names = Object.entries(parameters).filter(([name]) => step === 1 || name !== WINDOW);
  return (
    <form method="post" action={`${pathOf(collection.name, task.name, run.trajectoryId)}/fork`} class="card">
      <Csrf c={c} />
      <h2>Fork from this step</h2>
      <p class="lead">
        {step === 1 ? 'A new run does every step anew.' : 'A new run takes the steps before it from this one.'}
      </p>
      <input type="hidden" name="step" value={String(step)} />
      <div class="fields">
        {names.map(([name, spec]) => (
          <Parameter name={name} spec={spec} value={String(params[name] ?? spec.default ?? '')} />
        ))}
      </div>
      <div class="actions">
        <button type="submit">Fork from this step</button>
      </div>
    </form>
  );
}
