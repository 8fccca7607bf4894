import type { Row } from './row.ts';
import { Site } from './site.ts';
import { reasons, tally } from './tally.ts';
import { Traffic } from './traffic.ts';

/** Two workers with two runs each: more would only wait for the processor. */
export const ARGS = ['--workers', '2', '--worker-concurrency', '2'];

/** Faults while clients ask for runs and everything else, and what came of it: none of them is a reason for a run to fail. */
export async function underTraffic(
  { runs, runEveryMs }: { runs: number; runEveryMs: number },
  work: (site: Site, traffic: Traffic) => Promise<Pick<Row, 'scenario' | 'faults'>>,
): Promise<Row> {
  const site = new Site({ args: ARGS });
  try {
    await site.server.start();
    await site.server.makeTask('optimizer', { driver: 'scripted' });
    const traffic = new Traffic([site.server], { runEveryMs, most: runs });
    const done = await work(site, traffic);
    await traffic.stopRuns();
    const { count, wrong } = await tally(site, traffic);
    await traffic.stop();
    const failed = (await reasons(site)).map((reason) => `failed: ${reason}`);
    return { ...done, runs: count, api: traffic.count, fires: null, wrong: [...wrong, ...failed, ...traffic.faults] };
  } finally {
    await site.close();
  }
}
