import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { seeded } from '../../seeded.ts';
import { until } from '../product-server.ts';
import type { Row } from './row.ts';
import type { Scenario } from './scenario.ts';
import { Site, sleep } from './site.ts';
import { reasons, tally } from './tally.ts';
import { Traffic } from './traffic.ts';
import { ARGS } from './under-traffic.ts';

const RUNS_MB = 60;
const POSTGRES_MB = 200;
const RUNS_AT_ONCE = 3;
const FULL_MS = 20_000;

/** Small disks that fill up: under the results, and under PostgreSQL's data. */
export const diskFull: Scenario = async ({ faults, seed }) => [
  await onSmallDisk(
    { scenario: 'disk full: results', folder: 'runs', megabytes: RUNS_MB, rounds: Math.max(1, Math.floor(faults / 2)) },
    async ({ site, traffic, ballast, random }) => {
      for (let made = 0; made < RUNS_AT_ONCE; made += 1) await traffic.begin();
      await sleep(random() * 15_000);
      ballast.fill();
      await until(async () => (await openRuns(site)) === 0);
    },
    seed + 4,
  ),
  await onSmallDisk(
    {
      scenario: 'disk full: PostgreSQL',
      folder: 'postgres',
      megabytes: POSTGRES_MB,
      rounds: Math.max(1, Math.floor(faults / 5)),
    },
    async ({ site, traffic, ballast, random }) => {
      for (let made = 0; made < RUNS_AT_ONCE; made += 1) await traffic.begin();
      await sleep(random() * 5_000);
      ballast.fill();
      for (const end = performance.now() + FULL_MS; performance.now() < end; await sleep(1_000)) {
        await traffic.begin();
        // Its journal needs more room, which it gets only where it can.
        await site.tryQuery('SELECT pg_switch_wal(), repeat($1, 1000)', ['x']);
      }
    },
    seed + 5,
  ),
];

interface Filling {
  site: Site;
  traffic: Traffic;
  ballast: Ballast;
  random: () => number;
}

async function onSmallDisk(
  { scenario, folder, megabytes, rounds }: { scenario: string; folder: string; megabytes: number; rounds: number },
  round: (filling: Filling) => Promise<void>,
  seed: number,
): Promise<Row> {
  const site = new Site({ args: ARGS });
  const disk = path.join(site.dataDir, folder);
  const ballast = new Ballast(path.join(disk, 'ballast'));
  try {
    site.mountSmall(disk, megabytes);
  } catch (error) {
    await site.close();
    return {
      scenario,
      faults: '',
      runs: null,
      api: null,
      fires: null,
      wrong: [],
      notMade: `no mount: ${String(error)}`,
    };
  }
  try {
    await site.server.start();
    await site.server.makeTask('optimizer', { driver: 'scripted' });
    const traffic = new Traffic([site.server], { runEveryMs: 0, most: 0 });
    const wrong: string[] = [];
    for (let made = 1; made <= rounds; made += 1) {
      await round({ site, traffic, ballast, random: seeded(seed + made) });
      ballast.free();
      wrong.push(...(await completesAgain(site, traffic, made)));
    }
    const { count, wrong: inRuns } = await tally(site, traffic);
    await traffic.stop();
    const faults = `${rounds} × ${megabytes} MB full; failed: ${(await reasons(site)).join('; ') || 'none'}`;
    return {
      scenario,
      faults,
      runs: count,
      api: traffic.count,
      fires: null,
      wrong: [...wrong, ...inRuns, ...traffic.faults],
    };
  } finally {
    ballast.free();
    await site.close();
  }
}

/** There is space again: a new run completes. */
async function completesAgain(site: Site, traffic: Traffic, round: number): Promise<string[]> {
  await site.query('SELECT 1');
  const before = traffic.confirmed.length;
  while (traffic.confirmed.length === before) {
    await traffic.begin();
    await sleep(500);
  }
  const mark = traffic.confirmed.at(-1) ?? '';
  await until(async () => (await openRuns(site)) === 0, 500);
  const [run] = await site.query<{ status: string }>(
    `SELECT status FROM platform.runs WHERE init_params->>'bench' = $1`,
    [mark],
  );
  return run?.status === 'completed' ? [] : [`round ${round}: with space again a run is ${run?.status}`];
}

async function openRuns(site: Site): Promise<number> {
  return (await site.query('SELECT 1 FROM platform.runs WHERE ended IS NULL')).length;
}

/** A file that takes all the room, and what others give up meanwhile. */
class Ballast {
  readonly #file: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  fill(): void {
    const more = () => {
      const fd = openSync(this.#file, 'a');
      try {
        for (const block of [Buffer.alloc(1_000_000, 1), Buffer.alloc(4_096, 1)]) writeWhileFits(fd, block);
      } finally {
        closeSync(fd);
      }
    };
    more();
    this.#timer = setInterval(more, 50);
  }

  free(): void {
    clearInterval(this.#timer);
    rmSync(this.#file, { force: true });
  }
}

function writeWhileFits(fd: number, block: Buffer): void {
  try {
    while (writeSync(fd, block) > 0);
  } catch {
    // It is full.
  }
}
