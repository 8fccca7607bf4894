/**
 * Servers and workers that are killed, PostgreSQL that is restarted, clocks that are moved, several servers with the same schedules, disks
 * that are full: what becomes of runs, schedules and answers. `npm run bench:faults`; BENCH_FAULTS sets how often something is killed,
 * BENCH_SEED when, BENCH_SCENARIOS which (server,worker,postgres,clock,servers,disk).
 */
import { cpus } from 'node:os';
import { clockMoved } from './faults/clock-moved.ts';
import { diskFull } from './faults/disk-full.ts';
import { postgresRestarted } from './faults/postgres-restarted.ts';
import { type Row, table } from './faults/row.ts';
import type { Scenario } from './faults/scenario.ts';
import { serverKilled } from './faults/server-killed.ts';
import { severalServers } from './faults/several-servers.ts';
import { workerKilled } from './faults/worker-killed.ts';

const FAULTS = Number(process.env.BENCH_FAULTS ?? 10);
const SEED = Number(process.env.BENCH_SEED ?? 1);

const SCENARIOS: Record<string, Scenario> = {
  server: serverKilled,
  worker: workerKilled,
  postgres: postgresRestarted,
  clock: clockMoved,
  servers: severalServers,
  disk: diskFull,
};

const rows: Row[] = [];
for (const name of process.env.BENCH_SCENARIOS?.split(',') ?? Object.keys(SCENARIOS)) {
  const scenario = SCENARIOS[name];
  if (!scenario)
    throw new Error(`BENCH_SCENARIOS: there is no ${name}; there are ${Object.keys(SCENARIOS).join(', ')}`);
  const started = performance.now();
  const made = await scenario({ faults: FAULTS, seed: SEED }).catch((error: unknown) => brokenOff(name, error));
  const seconds = (performance.now() - started) / 1000;
  for (const row of [made].flat()) {
    rows.push({ ...row, seconds });
    for (const fault of row.wrong) print(`${row.scenario}: ${fault}`);
    print(table([{ ...row, seconds }]));
  }
}
print(`\n${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, BENCH_FAULTS=${FAULTS}, seed ${SEED}\n`);
print(table(rows));
for (const { scenario, notMade } of rows) if (notMade !== undefined) print(`\nNOT MADE: ${scenario}: ${notMade}`);
// At once: a scenario that broke off has left clients that would go on asking.
process.exit(rows.some(({ wrong }) => wrong.length > 0) ? 1 : 0);

/** It showed nothing, and the rest is shown all the same. */
function brokenOff(scenario: string, error: unknown): Row {
  const none = { faults: '', runs: null, api: null, fires: null };
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { scenario, ...none, wrong: [why], notMade: 'it broke off' };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
