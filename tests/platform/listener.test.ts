import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunListener } from '../../platform/pages/listener.ts';
import { EVENTS_CHANNEL } from '../../platform/work/progress.ts';
import { withDatabase } from './postgres.ts';

const database = withDatabase();
let listener: RunListener;

beforeAll(() => {
  listener = new RunListener(database.url);
});
afterAll(() => listener.close());

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('RunListener', () => {
  it('wakes those who look at a run, and again after its connection was lost', async () => {
    const woken = { one: 0, two: 0 };
    const leave = listener.subscribe('one', () => {
      woken.one += 1;
    });
    listener.subscribe('two', () => {
      woken.two += 1;
    });
    const tell = () => database.pool.query('SELECT pg_notify($1, $2)', [EVENTS_CHANNEL, 'one']);
    await until(() => woken.two === 1); // it is connected
    await tell();
    await until(() => woken.one === 2);
    await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'runbook pages'`,
    );
    await until(() => woken.two === 2);
    await tell();
    await until(() => woken.one === 4);
    expect(woken).toEqual({ one: 4, two: 2 });
    leave();
    expect(listener.readers).toBe(1);
  });
});
