import { type Cadence, cadenceSchema } from '../routines/cadence.ts';
import { nextFire } from '../routines/schedule.ts';
import type { Routine } from '../store/routines.ts';
import { Csrf, FormError, Table, Time } from './layout.tsx';
import type { PageContext } from './session.ts';

const DAYS = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
} as const;

const CADENCES = {
  daily: 'every day',
  weekdays: 'Monday to Friday',
  weekly: 'every week',
  hourly: 'every hour',
  cron: 'cron expression',
  manual: 'only when asked',
} as const;

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
  const toggle = paused ? (['resume', 'Resume'] as const) : (['pause', 'Pause'] as const);
  const buttons = [['run', 'Run now'], toggle, ['delete', 'Remove']] as const;
  return (
    <form method="post" action={here}>
      <Csrf c={c} />
      <input type="hidden" name="name" value={name} />
      {buttons.map(([value, text]) => (
        <>
          <button
            type="submit"
            name="do"
            value={value}
            class={value === 'delete' ? 'danger' : 'quiet'}
            aria-label={`${text}: ${name}`}
          >
            {text}
          </button>{' '}
        </>
      ))}
    </form>
  );
}

function nextOf({ paused, cadence }: Routine): Date | null {
  return paused ? null : nextFire(cadenceSchema.parse(cadence), new Date());
}

function wordsOf(cadence: Cadence): string {
  const two = (value: number) => String(value).padStart(2, '0');
  switch (cadence.type) {
    case 'manual':
      return CADENCES.manual;
    case 'hourly':
      return `${CADENCES.hourly} at :${two(cadence.minute_utc)}`;
    case 'weekly':
      return `${DAYS[cadence.day_of_week]}s at ${two(cadence.hour_utc)}:${two(cadence.minute_utc)} UTC`;
    case 'cron':
      return `${cadence.expression} (${cadence.time_zone})`;
    default:
      return `${CADENCES[cadence.type]} at ${two(cadence.hour_utc)}:${two(cadence.minute_utc)} UTC`;
  }
}

interface NewProps {
  c: PageContext;
  here: string;
  /** What was given before. */
  given: Record<string, string>;
  error: string | undefined;
}

/** Fields that a cadence does not have are hidden by the style sheet. */
export function NewSchedule({ c, here, given, error }: NewProps) {
  return (
    <form method="post" action={here} class="card schedule" aria-label="New schedule">
      <Csrf c={c} />
      <h2>Make a schedule</h2>
      <FormError text={error} />
      <div class="fields">
        <label>
          Name
          <input name="name" required maxlength={200} value={given.name ?? ''} placeholder="weekly report" />
        </label>
        <CadenceFields given={{ type: 'weekly', ...given }} />
        <Choice
          label="While a run goes on"
          name="overlap"
          options={{ skip: 'skip the next', queue: 'let it wait' }}
          chosen={given.overlap ?? 'skip'}
        />
        <Choice
          label="Missed runs"
          name="catch_up"
          options={{ latest: 'make the latest', none: 'leave out', all: 'make all' }}
          chosen={given.catch_up ?? 'latest'}
        />
      </div>
      <div class="actions">
        <button type="submit" name="do" value="create">
          Make
        </button>
      </div>
    </form>
  );
}

/** When a schedule fires. @param none the choice of no schedule, where there is one */
export function CadenceFields({ given, none }: { given: Readonly<Record<string, unknown>>; none?: string }) {
  const text = (name: string, standard = '') => (typeof given[name] === 'string' ? given[name] : standard);
  const options = { ...(none === undefined ? {} : { '': none }), ...CADENCES };
  return (
    <>
      <Choice label="Runs" name="type" options={options} chosen={text('type')} />
      <Choice label="Day" name="day_of_week" options={DAYS} chosen={text('day_of_week', 'mon')} />
      <label class="at">
        Time, UTC
        <input name="at" type="time" value={text('at', '09:00')} />
      </label>
      <label class="expression">
        Expression
        <input name="expression" value={text('expression')} placeholder="30 7 * * mon-fri" />
      </label>
      <label class="time_zone">
        Time zone
        <input name="time_zone" value={text('time_zone')} placeholder="Europe/Berlin" />
      </label>
    </>
  );
}

function Choice(props: { label: string; name: string; options: Record<string, string>; chosen: string }) {
  const { label, name, options, chosen } = props;
  return (
    <label class={name} for={name}>
      {label}
      <select name={name} id={name}>
        {Object.entries(options).map(([value, text]) => (
          <option value={value} selected={value === chosen}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
