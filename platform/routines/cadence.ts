import { Cron } from 'croner';
import { z } from 'zod';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import { plural } from '../../lib/format.ts';

/** How often a routine fires: Jetty's five cadences (UTC), and a cron expression read on the clock of a time zone. */
export type Cadence = z.infer<typeof cadenceSchema>;

/** A cron expression of five fields, and the IANA name of the zone whose clock it is read on. */
export interface CronOfCadence {
  expression: string;
  timeZone: string;
}

const minuteUtc = wholeNumber('minute_utc', 'the minute of the hour', 59).default(0);
const hourUtc = wholeNumber('hour_utc', 'the hour of the day in UTC', 23);
const dayOfWeek = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], {
  error: 'day_of_week is needed: mon, tue, wed, thu, fri, sat or sun',
});

/** Schedules are looked at every second. */
const text = z.string().max(200, { error: 'expression and time_zone have 200 characters at most' });

/** Every message names its field, since a field that is not taken has no path of its own. */
export const cadenceSchema = z.discriminatedUnion(
  'type',
  [
    only('manual', {}),
    only('hourly', { minute_utc: minuteUtc }),
    only('daily', { hour_utc: hourUtc, minute_utc: minuteUtc }),
    only('weekdays', { hour_utc: hourUtc, minute_utc: minuteUtc }),
    only('weekly', { day_of_week: dayOfWeek, hour_utc: hourUtc, minute_utc: minuteUtc }),
    only('cron', { expression: text.superRefine(checkExpression), time_zone: text.superRefine(checkZone) }),
  ],
  { error: 'type is needed: manual, hourly, daily, weekdays, weekly or cron' },
);

/**
 * A cadence as a client sends it.
 * @param at where it stands, for the error: `cadence`
 * @throws RunbookError `usage` with the first field at fault in `at`
 */
export function parseCadence(input: unknown, at = 'cadence'): Cadence {
  const parsed = cadenceSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.');
  throw new RunbookError('usage', `The cadence cannot be used: ${issue?.message}.`, {
    at: field ? `${at}.${field}` : at,
    hint: 'Examples: {"type":"daily","hour_utc":9}, {"type":"weekly","day_of_week":"mon","hour_utc":9}, {"type":"cron","expression":"30 7 * * mon-fri","time_zone":"Europe/Berlin"}.',
  });
}

/** What a cadence means as cron; null for `manual`, which never fires by itself. */
export function cronOf(cadence: Cadence): CronOfCadence | null {
  switch (cadence.type) {
    case 'manual':
      return null;
    case 'hourly':
      return { expression: `${cadence.minute_utc} * * * *`, timeZone: 'UTC' };
    case 'daily':
      return { expression: `${cadence.minute_utc} ${cadence.hour_utc} * * *`, timeZone: 'UTC' };
    case 'weekdays':
      return { expression: `${cadence.minute_utc} ${cadence.hour_utc} * * mon-fri`, timeZone: 'UTC' };
    case 'weekly':
      return { expression: `${cadence.minute_utc} ${cadence.hour_utc} * * ${cadence.day_of_week}`, timeZone: 'UTC' };
    case 'cron':
      return { expression: cadence.expression.trim(), timeZone: cadence.time_zone };
  }
}

function only<const T extends string, S extends z.ZodRawShape>(type: T, shape: S) {
  return z.strictObject({ type: z.literal(type), ...shape } as { type: z.ZodLiteral<T> } & S, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `${issue.keys.join(', ')} is not taken by the cadence ${type}` : undefined,
  });
}

function wholeNumber(name: string, what: string, most: number) {
  const error = `${name} is needed: ${what}, a whole number from 0 to ${most}`;
  return z.int({ error }).min(0, { error }).max(most, { error });
}

/** Letters are names of days and months, and croner's L (last), W (nearest weekday); `#` counts weekdays of a month. */
const FIELD = /^[\dA-Za-z*,/#-]+$/u;
/** Any instant: an expression that has no time after it in croner's horizon has none at all. */
const SOME_TIME = new Date(0);

function checkExpression(expression: string, context: z.RefinementCtx): void {
  const fault = faultOf(expression);
  if (fault !== null) context.addIssue({ code: 'custom', message: `expression ${fault}` });
}

function faultOf(expression: string): string | null {
  const fields = expression.trim().split(/\s+/u);
  if (fields.length !== 5)
    return `has ${plural(fields.length, 'field')}, not the five of cron (minute, hour, day of month, month, day of week)`;
  const strange = fields.find((field) => !FIELD.test(field));
  if (strange !== undefined) return `holds ${JSON.stringify(strange)}, which is no field of cron`;
  try {
    const cron = new Cron(fields.join(' '), { utcOffset: 0, paused: true });
    return cron.nextRun(SOME_TIME) === null ? 'names a day that never comes' : null;
  } catch (cause) {
    return `is no cron expression: ${messageOf(cause).replace(/^CronPattern: /u, '')}`;
  }
}

function checkZone(zone: string, context: z.RefinementCtx): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    // Newer engines take offsets as well, which have no daylight saving time.
    if (/^[A-Za-z]/u.test(zone)) return;
  } catch {
    // Said below.
  }
  const message = `time_zone ${JSON.stringify(zone)} is not known: use an IANA name such as Europe/Berlin or UTC`;
  context.addIssue({ code: 'custom', message });
}
