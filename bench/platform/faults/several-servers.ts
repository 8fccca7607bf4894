import { seeded } from '../../seeded.ts';
import { until } from '../product-server.ts';
import { notMade } from './clock-moved.ts';
import { FakedClock, faketimeLibrary } from './faked-clock.ts';
import { compareFires, expectedFires, type Schedule } from './fires.ts';
import type { Scenario } from './scenario.ts';
import { decidedTo, firesOf, KINDS, madeAt, makeQuickTask, makeSchedules } from './schedules.ts';
import { Site, sleep } from './site.ts';
import { tally } from './tally.ts';
import { Traffic } from './traffic.ts';

const MINUTE = 60_000;
const SCHEDULES = 5;
const MINUTES = 60;

/** Three servers over one database, the clock going a minute in about a second, one of them killed again and again. */
export const severalServers: Scenario = async ({ faults, seed }) => {
  const scenario = 'three servers, the same schedules';
  const library = faketimeLibrary();
  if (!library) return notMade(scenario);
  const random = seeded(seed + 3);
  const site = new Site({ args: [] });
  const clock = new FakedClock(site, library);
  const servers = [];
  try {
    await clock.startPostgres();
    const shared = { env: { ...clock.env, DATABASE_URL: site.databaseUrl }, token: site.server.token };
    for (const workers of ['1', '0', '0']) servers.push(site.another({ args: ['--workers', workers], ...shared }));
    for (const server of servers) await server.start();
    const [first, , last] = servers as [(typeof servers)[number], unknown, (typeof servers)[number]];
    await makeQuickTask(first);
    await first.makeTask('optimizer', { driver: 'scripted' });
    const minutely = KINDS.find(({ name }) => name === 'minutely') as (typeof KINDS)[number];
    const schedules = Array.from(
      { length: SCHEDULES },
      (_, number): Schedule => ({ ...minutely, name: `minutely-${number}`, catchUp: 'all' }),
    );
    await makeSchedules(first, schedules);
    const made = await madeAt(site);
    const traffic = new Traffic(servers, { runEveryMs: 0, most: 0 });
    const begun = clock.now;
    const killEvery = Math.floor(MINUTES / faults) || 1;
    for (let minute = 1; minute <= MINUTES; minute += 1) {
      clock.set(clock.now + MINUTE);
      await sleep(300 + random() * 1_500);
      if (minute % killEvery !== 0 || minute / killEvery > faults) continue;
      await traffic.whileDown(last, async () => {
        await last.end('SIGKILL');
        await last.start();
      });
    }
    const end = clock.setWithinMinute(clock.now + MINUTE);
    await until(async () => (await decidedTo(site)) >= Math.floor(end / MINUTE) * MINUTE, 500);
    const expected = schedules.map((schedule) => {
      const stretch = { from: begun, to: clock.now };
      return [schedule.name, expectedFires(schedule, made.get(schedule.name) ?? Number.NaN, [stretch])] as const;
    });
    const fires = compareFires(new Map(expected), await firesOf(site));
    const runs = await tally(site, traffic);
    await traffic.stop();
    const counted = { runs: runs.count, api: traffic.count, fires: fires.count };
    const told = `${SCHEDULES} schedules of each minute, ${MINUTES} minutes; ${faults} × SIGKILL of one server`;
    return { scenario, faults: told, ...counted, wrong: [...fires.wrong, ...runs.wrong, ...traffic.faults] };
  } finally {
    for (const server of servers) await server.end('SIGTERM');
    await clock.stopPostgres();
    await site.close();
  }
};
