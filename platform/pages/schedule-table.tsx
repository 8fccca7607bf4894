import { type Cadence, cadenceSchema } from '../routines/cadence.ts';
import { nextFire } from '../routines/schedule.ts';
import type { Routine } from '../store/routines.ts';
import { CADENCES, DAYS } from './cadence-fields.tsx';
import { Csrf, Table, Time } from './layout.tsx';
import { timeOf } from './schedule-fields.ts';
import type { PageContext } from './session.ts';

export function ScheduleTable({ c, here, routines }: { c: PageContext; here: string; routines: Routine[] }) {
  if (routines.length === 0) return <p class="muted">None yet.</p>;
  return (
    <Table of="Schedules">
      <thead>
        <tr>
          <th>Name</th>
          <th>Runs</th>
          <th>Next, UTC</th>
          <th>State</th>
          <th />
        </tr>
      </thead>
      <tbody>
        {routines.map((routine) => (
          <tr>
            <td>{routine.name}</td>
            <td>{wordsOf(routine.cadence)}</td>
            <td>
              <Time at={nextOf(routine)} />
            </td>
            <td>
              <span class={`state ${routine.paused ? '' : 'done'}`}>{routine.paused ? 'paused' : 'on'}</span>
            </td>
            <td class="actions-cell">
              <Actions c={c} here={here} routine={routine} />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Actions({ c, here, routine: { name, paused } }: { c: PageContext; here: string; routine: Routine }) {
  return (
    <form method="post" action={here}>
      <Csrf c={c} />
      <input type="hidden" name="name" value={name} />
      <Action name={name} value="run" text="Run now" />{' '}
      <Action name={name} {...(paused ? { value: 'resume', text: 'Resume' } : { value: 'pause', text: 'Pause' })} />{' '}
      <a class="button quiet" href={`${here}?change=${encodeURIComponent(name)}`} aria-label={`Change: ${name}`}>
        Change
      </a>{' '}
      <Action name={name} value="delete" text="Remove" />
    </form>
  );
}

function Action({ name, value, text }: { name: string; value: string; text: string }) {
  const kind = value === 'delete' ? 'danger' : 'quiet';
  return (
    <button type="submit" name="do" value={value} class={kind} aria-label={`${text}: ${name}`}>
      {text}
    </button>
  );
}

function nextOf({ paused, cadence }: Routine): Date | null {
  return paused ? null : nextFire(cadenceSchema.parse(cadence), new Date());
}

function wordsOf(cadence: Cadence): string {
  switch (cadence.type) {
    case 'manual':
      return CADENCES.manual;
    case 'hourly':
      return `${CADENCES.hourly} at ${timeOf({ ...cadence, hour_utc: 0 }).slice(2)}`;
    case 'weekly':
      return `${DAYS[cadence.day_of_week]}s at ${timeOf(cadence)} UTC`;
    case 'cron':
      return `${cadence.expression} (${cadence.time_zone})`;
    default:
      return `${CADENCES[cadence.type]} at ${timeOf(cadence)} UTC`;
  }
}
