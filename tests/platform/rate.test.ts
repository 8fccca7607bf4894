import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Buckets } from '../../platform/api/rate.ts';
import { withServer } from './server.ts';

describe('buckets', () => {
  it('let through the burst and then as many as the clock gives back, each asker for itself', () => {
    const buckets = new Buckets({ burst: 3, perSecond: 2 });
    expect([0, 0, 0, 0].map((at) => buckets.take('a', at))).toEqual([0, 0, 0, 1]);
    expect(buckets.take('b', 0)).toBe(0);
    expect(buckets.take('a', 400)).toBe(1);
    expect(buckets.take('a', 1_000)).toBe(0);
  });

  it('never let through more than the burst and what time gave', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 200 }), (gaps) => {
        const buckets = new Buckets({ burst: 5, perSecond: 3 });
        let [at, passed] = [0, 0];
        for (const gap of gaps) {
          at += gap;
          if (buckets.take('a', at) === 0) passed += 1;
        }
        expect(passed).toBeLessThanOrEqual(5 + (at / 1_000) * 3);
      }),
    );
  });
});

describe('the API', () => {
  const running = withServer();
  it('slows down who guesses tokens, and nobody else', async () => {
    const ask = (token: string) =>
      fetch(`${running.base}/api/v1/collections/`, { headers: { authorization: `Bearer ${token}` } });
    const statuses: number[] = [];
    for (let n = 0; n < 30; n += 1) statuses.push((await ask(`mlc_${String(n).padStart(32, '0')}`)).status);
    expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401));
    expect(statuses.at(-1)).toBe(429);
    const refused = await ask('mlc_');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('Too many') });
    expect((await ask(running.tokens.demo)).status).toBe(200);
  });
});
