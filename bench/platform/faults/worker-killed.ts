import { seeded } from '../../seeded.ts';
import type { Scenario } from './scenario.ts';
import { sleep } from './site.ts';
import { underTraffic } from './under-traffic.ts';

/** One of the workers is killed at random moments; the server starts another one by itself. */
export const workerKilled: Scenario = async ({ faults, seed }) => {
  const random = seeded(seed + 1);
  return underTraffic({ runs: 2 * faults, runEveryMs: 6_000 }, async (site) => {
    for (let kill = 1; kill <= faults; kill += 1) {
      await sleep(2_000 + random() * 20_000);
      let workers = site.server.workers();
      for (; workers.length === 0; workers = site.server.workers()) await sleep(200);
      process.kill(workers[Math.floor(random() * workers.length)] ?? 0, 'SIGKILL');
    }
    return { scenario: 'worker killed', faults: `${faults} × SIGKILL` };
  });
};
