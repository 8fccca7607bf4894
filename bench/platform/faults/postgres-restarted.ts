import { seeded } from '../../seeded.ts';
import type { Scenario } from './scenario.ts';
import { type Site, sleep } from './site.ts';
import type { Traffic } from './traffic.ts';
import { underTraffic } from './under-traffic.ts';

const AWAY_MS = 15_000;

/** PostgreSQL is restarted, killed, away for a while, and killed together with the server. */
export const postgresRestarted: Scenario = async ({ faults, seed }) => {
  const random = seeded(seed + 2);
  const rounds = Math.max(1, Math.round(faults / WAYS.length));
  return underTraffic({ runs: 2 * rounds * WAYS.length, runEveryMs: 6_000 }, async (site, traffic) => {
    for (let round = 0; round < rounds; round += 1) {
      for (const way of WAYS) {
        await sleep(3_000 + random() * 15_000);
        await way(site, traffic);
        await site.query('SELECT 1');
      }
    }
    const each = `${rounds} × each: restart -m immediate, kill -9, away for ${AWAY_MS / 1000} s, kill -9 with the server`;
    return { scenario: 'PostgreSQL restarted', faults: each };
  });
};

const WAYS: ((site: Site, traffic: Traffic) => Promise<void>)[] = [
  async (site) => {
    try {
      site.pgCtl(site.postgres()?.programs ?? '', ['restart', '-m', 'immediate']);
    } catch {
      // The server, which starts it again where it is gone, was quicker: the next query says whether it answers.
    }
  },
  // The server starts it again.
  async (site) => site.killPostgres(),
  async (site) => {
    for (const until = performance.now() + AWAY_MS; performance.now() < until; await sleep(50)) site.killPostgres();
  },
  async (site, traffic) =>
    traffic.whileDown(site.server, async () => {
      site.killPostgres();
      await site.server.end('SIGKILL');
      await site.server.start();
    }),
];
