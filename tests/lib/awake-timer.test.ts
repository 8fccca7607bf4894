import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AwakeTimer } from '../../lib/awake-timer.ts';

/** Nothing else happens in this process meanwhile. */
function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('a timer of the time awake', () => {
  it('ends a wait when its time is over', async () => {
    const timer = new AwakeTimer(60);
    const started = performance.now();
    while (!timer.signal.aborted) await sleep(5);
    expect(performance.now() - started).toBeGreaterThanOrEqual(55);
  });

  it('does not count time in which nobody could notice an answer', async () => {
    const timer = new AwakeTimer(400);
    await sleep(30);
    busy(1_000);
    await sleep(0);
    expect(timer.signal.aborted).toBe(false);
    timer.end();
  });

  it('begins anew with each answer, and is over with the last one', async () => {
    const timer = new AwakeTimer(150);
    for (let answers = 0; answers < 8; answers += 1) {
      await sleep(30);
      timer.renew();
    }
    expect(timer.signal.aborted).toBe(false);
    timer.end();
    await sleep(250);
    expect(timer.signal.aborted).toBe(false);
  });
});
