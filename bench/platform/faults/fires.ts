/**
 * When schedules have to fire, by going through every minute and reading the zone's clock: nothing of the product's calendar is used.
 */

export interface FireCount {
  expected: number;
  made: number;
  /** Made twice, or where nothing was due. */
  twice: number;
  missed: number;
}

export interface Schedule {
  name: string;
  /** As the API takes it. */
  cadence: object;
  catchUp: 'none' | 'latest' | 'all';
  zone: string;
  /** Whether the clock of the zone shows a time of it, `HH:MM` and the day of the week from `Sun`. */
  at: (time: string, day: string) => boolean;
  /** Follows the clock as it is shown, also what it shows twice. */
  isEveryHour: boolean;
}

const MINUTE = 60_000;
/** As documented: later is missed; `all` makes up for so many. */
const ON_TIME = 90_000;
const MOST_MADE_UP = 20;

/** The clock went on from one instant to another, then jumped to the next stretch. */
export interface Stretch {
  from: number;
  to: number;
}

/** Instants that have to make a run, by a schedule that was made within the first stretch. */
export function expectedFires(schedule: Schedule, made: number, stretches: readonly Stretch[]): number[] {
  const last = Math.max(...stretches.map(({ to }) => to));
  const all = instantsOf(schedule, made, last);
  let seen = made;
  return stretches.flatMap(({ from, to }) => {
    const due = all.filter((instant) => instant > seen && instant <= from);
    const coming = all.filter((instant) => instant > Math.max(seen, from) && instant <= to);
    seen = Math.max(seen, to);
    return [...madeUp(due, from, schedule.catchUp), ...coming];
  });
}

function madeUp(due: readonly number[], now: number, catchUp: Schedule['catchUp']): number[] {
  const missed = due.filter((instant) => now - instant > ON_TIME);
  const onTime = due.filter((instant) => now - instant <= ON_TIME);
  switch (catchUp) {
    case 'none':
      return onTime;
    case 'latest':
      return due.slice(-1);
    case 'all':
      return [...missed.slice(-MOST_MADE_UP), ...onTime];
  }
}

/** Every instant in (after, until]. */
function instantsOf({ zone, at, isEveryHour }: Schedule, after: number, until: number): number[] {
  const show = clockOf(zone);
  const shown = new Set<string>();
  const instants: number[] = [];
  const first = Math.floor(after / MINUTE) * MINUTE;
  for (let minute = first - 24 * 60 * MINUTE; minute <= until; minute += MINUTE) {
    const readings = isEveryHour ? [show(minute)] : passed(show, minute);
    const isDue = readings.some((text) => (isEveryHour || !shown.has(text)) && at(text.slice(11, 16), text.slice(17)));
    for (const text of readings) shown.add(text);
    if (isDue && minute > after) instants.push(minute);
  }
  return instants;
}

/** What a clock shows at a minute, with what it has leapt over to come there. */
function passed(show: (instant: number) => string, minute: number): string[] {
  const before = Date.parse(`${show(minute - MINUTE).slice(0, 16)}Z`);
  const now = Date.parse(`${show(minute).slice(0, 16)}Z`);
  const utc = clockOf('UTC');
  const leapt: string[] = [];
  for (let reading = before + MINUTE; reading < now; reading += MINUTE) leapt.push(utc(reading));
  return [...leapt, show(minute)];
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** `2027-03-28T02:30 Sun` */
function clockOf(zone: string): (instant: number) => string {
  const options = { hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', weekday: 'short' } as const;
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en-GB', { ...options, hour: '2-digit', minute: '2-digit', timeZone: zone });
  formats.set(zone, format);
  return (instant) => {
    const part = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
    return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute} ${part.weekday}`;
  };
}

/** Compares what was made with what has to be. */
export function compareFires(
  expected: ReadonlyMap<string, readonly number[]>,
  made: readonly { name: string; at: number }[],
): { count: FireCount; wrong: string[] } {
  const keyOf = (name: string, at: number) => `${name} at ${new Date(at).toISOString()}`;
  const wanted = new Set([...expected].flatMap(([name, instants]) => instants.map((at) => keyOf(name, at))));
  const found = made.map(({ name, at }) => keyOf(name, at));
  const missed = [...wanted].filter((key) => !found.includes(key));
  const extra = found.filter((key, index) => !wanted.has(key) || found.indexOf(key) !== index);
  return {
    count: { expected: wanted.size, made: found.length, twice: extra.length, missed: missed.length },
    wrong: [...missed.map((key) => `not fired: ${key}`), ...extra.map((key) => `fired for nothing: ${key}`)],
  };
}
