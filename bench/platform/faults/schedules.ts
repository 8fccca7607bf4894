import { COLLECTION, type ProductServer } from '../product-server.ts';
import type { Schedule } from './fires.ts';
import type { Site } from './site.ts';

/** A task whose runs end at once: fires are counted, not what they do. */
export const QUICK_TASK = 'quick';
const QUICK = { driver: 'scripted', rounds: 0 };

type Kind = Omit<Schedule, 'catchUp'>;

const cron = (expression: string, zone: string) => ({ type: 'cron', expression, time_zone: zone });

/** Every cadence, on clocks that change at other times. Those of each minute tell how far a server has looked. */
export const KINDS: readonly Kind[] = [
  {
    ...{ name: 'hourly', cadence: { type: 'hourly', minute_utc: 15 }, zone: 'UTC', isEveryHour: true },
    at: (time) => time.endsWith(':15'),
  },
  {
    ...{ name: 'daily', cadence: { type: 'daily', hour_utc: 21, minute_utc: 5 }, zone: 'UTC', isEveryHour: false },
    at: (time) => time === '21:05',
  },
  {
    ...{ name: 'weekdays', cadence: { type: 'weekdays', hour_utc: 2 }, zone: 'UTC', isEveryHour: false },
    at: (time, day) => time === '02:00' && day !== 'Sat' && day !== 'Sun',
  },
  {
    ...{
      name: 'weekly',
      cadence: { type: 'weekly', day_of_week: 'sun', hour_utc: 1 },
      zone: 'UTC',
      isEveryHour: false,
    },
    at: (time, day) => time === '01:00' && day === 'Sun',
  },
  {
    ...{ name: 'berlin', cadence: cron('30 2 * * *', 'Europe/Berlin'), zone: 'Europe/Berlin', isEveryHour: false },
    at: (time) => time === '02:30',
  },
  {
    ...{ name: 'tokyo', cadence: cron('0 9 * * mon-fri', 'Asia/Tokyo'), zone: 'Asia/Tokyo', isEveryHour: false },
    at: (time, day) => time === '09:00' && day !== 'Sat' && day !== 'Sun',
  },
  {
    ...{ name: 'lisbon', cadence: cron('*/20 * * * *', 'Europe/Lisbon'), zone: 'Europe/Lisbon', isEveryHour: true },
    at: (time) => Number(time.slice(3)) % 20 === 0,
  },
  {
    ...{ name: 'minutely', cadence: cron('* * * * *', 'UTC'), zone: 'UTC', isEveryHour: true },
    at: () => true,
  },
];

export async function makeQuickTask(server: ProductServer): Promise<void> {
  await server.makeTask(QUICK_TASK, QUICK);
}

export async function makeSchedules(server: ProductServer, schedules: readonly Schedule[]): Promise<void> {
  for (const { name, cadence, catchUp } of schedules)
    await server.must('POST', `/api/v1/routines/${COLLECTION}/${QUICK_TASK}`, {
      ...{ name, cadence, catch_up: catchUp, overlap: 'queue' },
    });
}

/** When each was made, by the database. */
export async function madeAt(site: Site): Promise<Map<string, number>> {
  const rows = await site.query<{ name: string; decided_to: Date }>('SELECT name, decided_to FROM platform.routines');
  return new Map(rows.map(({ name, decided_to }) => [name, decided_to.getTime()]));
}

/** The runs that schedules have made, also those of schedules that are gone. */
export async function firesOf(site: Site): Promise<{ name: string; at: number }[]> {
  const rows = await site.query<{ author: string; fire_at: Date }>(
    'SELECT author, fire_at FROM platform.runs WHERE fire_at IS NOT NULL',
  );
  return rows.map(({ author, fire_at }) => ({ name: author.replace(/^routine /u, ''), at: fire_at.getTime() }));
}

/** Up to where every schedule of each minute is decided. */
export async function decidedTo(site: Site): Promise<number> {
  const [row] = await site.query<{ least: Date | null }>(
    `SELECT min(decided_to) AS least FROM platform.routines WHERE name LIKE '%minutely%'`,
  );
  return row?.least?.getTime() ?? 0;
}
