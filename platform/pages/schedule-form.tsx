import type { Runbook } from '../../agent/runbook/manifest.ts';
import type { Routine } from '../store/routines.ts';
import type { Task } from '../store/tasks.ts';
import { objectIn } from '../work/plan.ts';
import { VAR } from './asked.ts';
import { CadenceFields, Choice } from './cadence-fields.tsx';
import { Csrf, FormError } from './layout.tsx';
import { Parameter } from './run-form.tsx';
import { fieldsOfRoutine, MAX_JITTER_S, STANDARD } from './schedule-fields.ts';
import type { PageContext } from './session.ts';
import { ownParams } from './submit.ts';

interface FormProps {
  c: PageContext;
  here: string;
  /** Undefined where the task's text is none that can be read. */
  runbook: Runbook | undefined;
  task: Task;
  /** The one that is changed. */
  known: { routine: Routine; hasSecret: boolean } | undefined;
  /** What was given before. */
  given: Record<string, string>;
  error: string | undefined;
}

/** Makes a schedule, or changes one. Fields that a cadence does not have are hidden by the style sheet. */
export function ScheduleForm({ c, here, runbook, task, known, given, error }: FormProps) {
  const at: Record<string, string> = { ...STANDARD, ...(known ? fieldsOfRoutine(known.routine) : {}), ...given };
  const title = known ? `Change ${known.routine.name}` : 'Make a schedule';
  return (
    <form method="post" action={here} class="card schedule" aria-label={title}>
      <Csrf c={c} />
      <h2>{title}</h2>
      <FormError text={error} />
      <div class="fields">
        {known ? (
          <input type="hidden" name="name" value={known.routine.name} />
        ) : (
          <label>
            Name
            <input name="name" required maxlength={200} value={at.name ?? ''} placeholder="weekly report" />
          </label>
        )}
        <CadenceFields given={at} />
        <Choice
          label="While a run goes on"
          name="overlap"
          options={{ skip: 'skip the next', queue: 'let it wait' }}
          chosen={at.overlap ?? ''}
        />
        <Choice
          label="Missed runs"
          name="catch_up"
          options={{ latest: 'make the latest', none: 'leave out', all: 'make all' }}
          chosen={at.catch_up ?? ''}
        />
      </div>
      <details class="more" open={known !== undefined || error !== undefined}>
        <summary>Spread, webhook and parameters</summary>
        <MoreFields at={at} hasSecret={known?.hasSecret ?? false} />
        {runbook && <Overrides runbook={runbook} task={task} at={at} />}
      </details>
      <div class="actions">
        <button type="submit" name="do" value={known ? 'save' : 'create'}>
          {known ? 'Keep' : 'Make'}
        </button>
        {known && <a href={here}>Leave it as it is</a>}
      </div>
    </form>
  );
}

function MoreFields({ at, hasSecret }: { at: Record<string, string>; hasSecret: boolean }) {
  return (
    <div class="fields">
      <label>
        Spread over, s
        <input name="jitter_s" type="number" min="0" max={MAX_JITTER_S} step="1" value={at.jitter_s} required />
        <small>Runs begin within so many seconds, so that many schedules do not begin at once.</small>
      </label>
      <label>
        Webhook
        <input name="webhook_url" type="url" value={at.webhook_url} placeholder="https://" autocomplete="off" />
        <small>Told of the end of each run.</small>
      </label>
      <label>
        Secret of the webhook
        <input name="webhook_secret" class="secret" autocomplete="off" spellcheck={false} />
        <small>{hasSecret ? 'It has one: leave this empty to keep it.' : 'Deliveries are signed with it.'}</small>
      </label>
    </div>
  );
}

/** Parameters that runs of the schedule have and others do not. */
function Overrides({ runbook, task, at }: { runbook: Runbook; task: Task; at: Record<string, string> }) {
  const own = objectIn(ownParams(task).vars);
  return (
    <fieldset>
      <legend>Parameters</legend>
      <p class="muted">What is left empty is as the task has it.</p>
      <div class="fields">
        {Object.entries(runbook.manifest.parameters).map(([name, spec]) => (
          <Parameter
            name={name}
            spec={spec}
            value={at[VAR + name] ?? ''}
            standard={String(own[name] ?? spec.default ?? '')}
          />
        ))}
      </div>
    </fieldset>
  );
}
