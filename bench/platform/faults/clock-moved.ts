import { type ProductServer, until } from '../product-server.ts';
import { FakedClock, faketimeLibrary } from './faked-clock.ts';
import { compareFires, expectedFires, type Schedule, type Stretch } from './fires.ts';
import type { Row } from './row.ts';
import type { Scenario } from './scenario.ts';
import { decidedTo, firesOf, KINDS, madeAt, makeQuickTask, makeSchedules } from './schedules.ts';
import { Site, sleep } from './site.ts';
import { tally } from './tally.ts';
import { Traffic } from './traffic.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A server has looked at the clock by then, ms. */
const LOOKED_MS = 5_000;
/** The evenings before Europe's clocks change. */
const EVENINGS = { spring: '2027-03-27T18:30Z', autumn: '2027-10-30T18:30Z' };
/** Forward, back, to where it was, over the change, some minutes one by one, and further than are decided in one look. */
const JUMPS = [5 * HOUR, -3 * HOUR, 2 * HOUR, 4 * HOUR, MINUTE, MINUTE, MINUTE, 30 * HOUR];

/** PostgreSQL's clock, which is the schedules', and the servers' are moved while they run. */
export const clockMoved: Scenario = async () => {
  const scenario = 'clock moved by hours';
  const library = faketimeLibrary();
  if (!library) return notMade(scenario);
  const site = new Site({ args: ['--workers', '1'] });
  const clock = new FakedClock(site, library);
  let server: ProductServer | undefined;
  try {
    await clock.startPostgres();
    server = site.another({ args: ['--workers', '1'], env: clock.env, token: site.server.token });
    await server.start();
    await makeQuickTask(server);
    await server.makeTask('optimizer', { driver: 'scripted' });
    const traffic = new Traffic([server], { runEveryMs: 30_000, most: 4 });
    const expected = new Map<string, readonly number[]>();
    for (const [season, evening] of Object.entries(EVENINGS)) {
      clock.setWithinMinute(Date.parse(evening));
      await clock.assertFollowed();
      await sleep(LOOKED_MS);
      for (const [name, fires] of await moveAbout(season, { site, clock, server })) expected.set(name, fires);
    }
    await traffic.stopRuns();
    const { count, wrong } = compareFires(expected, await firesOf(site));
    const runs = await tally(site, traffic);
    await traffic.stop();
    const found = { runs: runs.count, api: traffic.count, fires: count };
    const faults = `${2 * JUMPS.length} jumps from −3 h to +30 h, over both changes of the clocks`;
    return { scenario, faults, ...found, wrong: [...wrong, ...runs.wrong, ...traffic.faults] };
  } finally {
    await server?.end('SIGTERM');
    await site.close();
  }
};

/** Makes a schedule of each kind and policy, moves the clock, and says what has to have fired. */
async function moveAbout(
  season: string,
  { site, clock, server }: { site: Site; clock: FakedClock; server: ProductServer },
): Promise<Map<string, number[]>> {
  const schedules = KINDS.flatMap((kind) =>
    (['none', 'latest', 'all'] as const).map(
      (catchUp): Schedule => ({ ...kind, catchUp, name: `${season}-${kind.name}-${catchUp}` }),
    ),
  );
  await makeSchedules(server, schedules);
  const made = await madeAt(site);
  const stretches: Stretch[] = [];
  let from = clock.now;
  for (const jump of JUMPS) {
    const to = clock.now;
    stretches.push({ from, to });
    from = clock.setWithinMinute(to + jump);
    await clock.assertFollowed();
    const minute = Math.floor(from / MINUTE) * MINUTE;
    await until(async () => (await decidedTo(site)) >= minute, 500);
    await sleep(LOOKED_MS);
  }
  stretches.push({ from, to: clock.now });
  // All at one moment: none fires behind it.
  await site.query('DELETE FROM platform.routines');
  return new Map(
    schedules.map((schedule) => [
      schedule.name,
      expectedFires(schedule, made.get(schedule.name) ?? Number.NaN, stretches),
    ]),
  );
}

/** Where no clock can be moved it is said, and not passed over. */
export function notMade(scenario: string): Row {
  const none = { faults: '', runs: null, api: null, fires: null };
  return { scenario, ...none, wrong: [], notMade: 'libfaketime is not installed (apt-get install faketime)' };
}
