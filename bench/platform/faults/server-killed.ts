import { seeded } from '../../seeded.ts';
import type { Scenario } from './scenario.ts';
import { sleep } from './site.ts';
import { underTraffic } from './under-traffic.ts';

/** The server is killed at random moments and started again; every second time its workers with it. */
export const serverKilled: Scenario = async ({ faults, seed }) => {
  const random = seeded(seed);
  return underTraffic({ runs: 2 * faults, runEveryMs: 6_000 }, async (site, traffic) => {
    for (let kill = 1; kill <= faults; kill += 1) {
      await sleep(2_000 + random() * 20_000);
      await traffic.whileDown(site.server, async () => {
        const workers = kill % 2 === 0 ? site.server.workers() : [];
        const ended = site.server.end('SIGKILL');
        for (const pid of workers) process.kill(pid, 'SIGKILL');
        await ended;
        await sleep(random() * 2_000);
        await site.server.start();
      });
    }
    return { scenario: 'server killed', faults: `${faults} × SIGKILL, ${Math.floor(faults / 2)} with its workers` };
  });
};
