import { connect, createServer, type Server } from 'node:net';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { Alive, DeadWorkers } from '../../platform/work/alive.ts';
import { withDatabase } from './postgres.ts';

const database = withDatabase();
const RUN = '0badcafe-0000-4000-8000-000000000000';
let alive: Alive;
let way: Server | undefined;

afterEach(async () => {
  await alive?.end(database.pool, { hasLeft: false });
  way?.close();
});

const connections = async () => {
  const { rows } = await database.pool.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE application_name = 'runbook worker'`,
  );
  return rows.map(({ pid }) => pid);
};

/** A way to the database that can be closed and opened. @returns its port */
async function openWay(port = 0): Promise<number> {
  const target = Number(new URL(database.url).port);
  way = createServer((socket) => {
    const other = connect(target, '127.0.0.1');
    for (const each of [socket, other]) each.on('error', () => undefined);
    socket.pipe(other).pipe(socket);
  });
  await new Promise<void>((resolve) => way?.listen(port, '127.0.0.1', resolve));
  return (way.address() as { port: number }).port;
}

describe('the sign of life of a worker', () => {
  it('is one connection again after the database was away for a while', async () => {
    const port = await openWay();
    const url = new URL(database.url);
    url.port = String(port);
    alive = await Alive.begin(database.pool, url.href);
    way?.close();
    for (const pid of await connections()) await database.pool.query('SELECT pg_terminate_backend($1)', [pid]);
    await new Promise((resolve) => setTimeout(resolve, 4_500));
    await openWay(port);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await connections()).toHaveLength(1);
  }, 20_000);

  it('is looked for again after another worker thought it dead', async () => {
    const { pool } = database;
    alive = await Alive.begin(pool, database.url);
    await new DeadWorkers().forget(pool, alive.number);
    for (const pid of await connections()) await pool.query('SELECT pg_terminate_backend($1)', [pid]);
    const known = () => pool.query('SELECT 1 FROM platform.workers WHERE number = $1', [alive.number]);
    await expect.poll(async () => (await known()).rowCount, { timeout: 5_000 }).toBe(1);
  }, 20_000);

  it('tells which run another worker has taken while it was cut off', async () => {
    alive = await Alive.begin(database.pool, database.url);
    let lost = 0;
    expect(await alive.take(RUN, () => (lost += 1))).toBe(true);
    const other = new pg.Client({ connectionString: database.url });
    await other.connect();
    for (const pid of await connections()) await other.query('SELECT pg_terminate_backend($1)', [pid]);
    await expect
      .poll(async () => (await other.query('SELECT pg_try_advisory_lock(7206433, $1) AS got', [0x0badcafe])).rows)
      .toEqual([{ got: true }]);
    await expect.poll(() => lost, { timeout: 5_000 }).toBe(1);
    await other.end();
  }, 20_000);
});
