import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startEmbedded } from '../../platform/database/embedded.ts';
import { keepRunning } from '../../platform/database/keeper.ts';
import { migrate } from '../../platform/database/migrate.ts';
import { MIGRATIONS } from '../../platform/database/migrations.ts';
import { isUnanswered, openPool, transaction } from '../../platform/database/pool.ts';
import { withDatabase } from './postgres.ts';

const database = withDatabase();

describe('the embedded PostgreSQL', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'embedded-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('belongs to one process at a time, and keeps its data where it is started again', async () => {
    const first = await startEmbedded(dir);
    const pool = await openPool(first.url);
    await pool.query('CREATE TABLE kept AS SELECT 42 AS answer');
    await expect(startEmbedded(dir)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('Another server uses the data folder'),
    });
    expect((await pool.query('SELECT answer FROM kept')).rows).toEqual([{ answer: 42 }]);
    await pool.end();
    await first.stop();
    const second = await startEmbedded(dir);
    expect(second.url).toBe(first.url);
    const again = await openPool(second.url);
    expect((await again.query('SELECT answer FROM kept')).rows).toEqual([{ answer: 42 }]);
    await again.end();
    await second.stop();
  });

  it('listens on the loopback alone, with a password that only its owner may read', async () => {
    const file = path.join(dir, 'postgres.password');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const server = await startEmbedded(dir);
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
    const wrong = server.url.replace(readFileSync(file, 'utf8').trim(), 'wrong');
    await expect(openPool(wrong)).rejects.toMatchObject({ code: 'config' });
    await server.stop();
    await expect(openPool(server.url)).rejects.toMatchObject({
      code: 'config',
      message: expect.not.stringContaining(readFileSync(file, 'utf8').trim()),
    });
  });
});

describe('an embedded PostgreSQL that is looked after', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'embedded-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('is started again at its address when it was killed', async () => {
    const server = await startEmbedded(dir);
    const stopKeeping = keepRunning(server);
    const pool = await openPool(server.url);
    const pid = Number(readFileSync(path.join(dir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => pool.query('SELECT 1').catch(() => undefined), { timeout: 30_000 }).toBeUndefined();
    await expect.poll(() => pool.query('SELECT 1').catch(() => undefined), { timeout: 30_000 }).toBeDefined();
    await stopKeeping();
    await pool.end();
    await server.stop();
  }, 60_000);
});

describe('an embedded PostgreSQL that was killed a moment ago', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'embedded-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('is started, and not taken for one that runs', async () => {
    let server = await startEmbedded(dir);
    const { url } = server;
    for (let times = 0; times < 3; times += 1) {
      const pid = Number(readFileSync(path.join(dir, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
      process.kill(pid, 'SIGKILL');
      // Its lock is given up as well, as that of a process that was killed with it.
      await server.stop().catch(() => undefined);
      server = await startEmbedded(dir);
      const pool = await openPool(server.url);
      await pool.end();
      expect(server.url).toBe(url);
    }
    await server.stop();
  }, 60_000);

  it('is started also where its process id is that of somebody else by now', async () => {
    const first = await startEmbedded(dir);
    await first.stop();
    const lock = [process.pid, path.join(dir, 'postgres'), 0, new URL(first.url).port, '', '127.0.0.1', '', ''];
    writeFileSync(path.join(dir, 'postgres', 'postmaster.pid'), lock.join('\n'));
    const server = await startEmbedded(dir);
    const pool = await openPool(server.url);
    await pool.end();
    await server.stop();
  }, 60_000);
});

describe('the schema', () => {
  it('is made once, however many processes start at once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => migrate(database.pool, database.url)));
    const { rows } = await database.pool.query('SELECT number FROM platform.migrations ORDER BY number');
    expect(rows).toEqual(MIGRATIONS.map((_, index) => ({ number: index + 1 })));
  });

  it('of a newer version is refused', async () => {
    await database.pool.query('INSERT INTO platform.migrations (number) VALUES (999)');
    await expect(migrate(database.pool, database.url)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('schema 999'),
    });
    await database.pool.query('DELETE FROM platform.migrations WHERE number = 999');
  });
});

describe('a transaction', () => {
  it('happens as a whole or not at all', async () => {
    const { pool } = database;
    await pool.query('CREATE TABLE pairs (n integer)');
    const half = transaction(pool, async (db) => {
      await db.query('INSERT INTO pairs VALUES (1)');
      throw new Error('in the middle');
    });
    await expect(half).rejects.toThrow('in the middle');
    await transaction(pool, (db) => db.query('INSERT INTO pairs VALUES (2)'));
    expect((await pool.query('SELECT n FROM pairs')).rows).toEqual([{ n: 2 }]);
  });

  it('whose connection breaks between two queries ends no process: its next query fails', async () => {
    const { pool } = database;
    const broken = transaction(pool, async (db) => {
      const { rows } = await db.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await new Promise((resolve) => setTimeout(resolve, 200));
      await db.query('SELECT 1');
    });
    await expect(broken).rejects.toSatisfy(isUnanswered);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});
