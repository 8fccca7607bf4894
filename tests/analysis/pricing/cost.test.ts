import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type CallUsage,
  callCost,
  costTerms,
  impliedCachedTokens,
  isExclusive,
  splitWrites,
} from '../../../analysis/pricing/cost.ts';
import { modelPrice } from '../../../analysis/pricing/prices.ts';
import { entry, TABLE } from './table.ts';

const opus = modelPrice('claude-opus-4-6', entry('anthropic', 5, 25));
const gpt = modelPrice(
  'gpt-5.4',
  entry('openai', 2.5, 15, {
    cache_read_input_token_cost: 0.25,
    input_cost_per_token_above_272k_tokens: 5,
    output_cost_per_token_above_272k_tokens: 22.5,
  }),
);
const NOTHING: CallUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  exclusive: false,
};

const tokens = fc.integer({ min: 0, max: 2_000_000 });
const usages = fc.record({
  inputTokens: tokens,
  outputTokens: tokens,
  cacheRead: tokens,
  cacheWrite5m: tokens,
  cacheWrite1h: tokens,
  exclusive: fc.boolean(),
});
const prices = fc.constantFrom(opus, gpt, ...Object.entries(TABLE).map(([key, one]) => modelPrice(key, one)));

describe('the cost of a call', () => {
  test('cached tokens apart from the input: every kind at its own price', () => {
    const usage = {
      inputTokens: 1_000,
      outputTokens: 200,
      cacheRead: 50_000,
      cacheWrite5m: 3_000,
      cacheWrite1h: 2_000,
      exclusive: true,
    };
    // 1000·5 + 50000·0.5 + 3000·6.25 + 2000·10 + 200·25 = 73,750 millionths of a dollar
    expect(callCost(usage, opus)).toBeCloseTo(0.07375, 12);
    expect(costTerms(usage, opus).contextTokens).toBe(56_000);
  });

  test('cached tokens inside the input are not paid twice', () => {
    expect(callCost({ ...NOTHING, inputTokens: 10_000, cacheRead: 8_000, outputTokens: 100 }, gpt)).toBeCloseTo(
      (2_000 * 2.5 + 8_000 * 0.25 + 100 * 15) / 1e6,
      12,
    );
  });

  test('a long prompt puts the whole call on the long-prompt prices, and cached tokens count for its length', () => {
    const short = { ...NOTHING, inputTokens: 272_000, outputTokens: 1_000 };
    expect(callCost(short, gpt)).toBeCloseTo((272_000 * 2.5 + 1_000 * 15) / 1e6, 12);
    expect(callCost({ ...short, inputTokens: 272_001 }, gpt)).toBeCloseTo((272_001 * 5 + 1_000 * 22.5) / 1e6, 12);
    const cached = { ...NOTHING, inputTokens: 1_000, cacheRead: 300_000, exclusive: true };
    expect(callCost(cached, gpt)).toBeCloseTo((1_000 * 5 + 300_000 * 0.5) / 1e6, 12);
  });

  test('counts that are no counts cost nothing', () => {
    const usage = { ...NOTHING, inputTokens: -5, outputTokens: Number.NaN, cacheRead: Number.POSITIVE_INFINITY };
    expect(callCost(usage, opus)).toBe(0);
  });

  test('property: never negative, and never less for more tokens', () => {
    fc.assert(
      fc.property(
        usages,
        prices,
        fc.constantFrom('outputTokens', 'inputTokens'),
        tokens,
        (usage, price, kind, more) => {
          const cost = callCost(usage, price);
          expect(cost).toBeGreaterThanOrEqual(0);
          expect(callCost({ ...usage, [kind]: usage[kind] + more }, price)).toBeGreaterThanOrEqual(cost);
        },
      ),
    );
  });

  test('property: more tokens of any kind never cost less where they are reported apart', () => {
    const kinds = fc.constantFrom('cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'inputTokens', 'outputTokens');
    fc.assert(
      fc.property(usages, prices, kinds, tokens, (usage, price, kind, more) => {
        const apart = { ...usage, exclusive: true };
        expect(callCost({ ...apart, [kind]: apart[kind] + more }, price)).toBeGreaterThanOrEqual(
          callCost(apart, price),
        );
      }),
    );
  });

  test('property: equals the formula by hand below every tier', () => {
    const small = fc.integer({ min: 0, max: 20_000 });
    const smallUsages = fc.record({ i: small, o: small, r: small, w: small, h: small });
    fc.assert(
      fc.property(smallUsages, prices, ({ i, o, r, w, h }, p) => {
        const usage = {
          inputTokens: i,
          outputTokens: o,
          cacheRead: r,
          cacheWrite5m: w,
          cacheWrite1h: h,
          exclusive: true,
        };
        const byHand = i * p.input + r * p.cacheRead + w * p.cacheWrite5m + h * p.cacheWrite1h + o * p.output;
        expect(callCost(usage, p)).toBeCloseTo(byHand, 12);
      }),
    );
  });

  test('property: the same tokens cost the same whichever way they are reported', () => {
    fc.assert(
      fc.property(usages, prices, (usage, price) => {
        const apart = { ...usage, exclusive: true };
        const cached = usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
        const inside = { ...usage, inputTokens: usage.inputTokens + cached, exclusive: false };
        expect(costTerms(inside, price)).toEqual(costTerms(apart, price));
      }),
    );
  });
});

test.each([
  [0, 0, 0, 0, 0],
  [1_000, 0, 0, 1_000, 0],
  [1_000, 600, 400, 600, 400],
  [1_000, 0, 400, 600, 400],
  [0, 600, 400, 600, 400],
  [-1, Number.NaN, 5, 0, 5],
])('writes of %d in all, %d for five minutes, %d for an hour', (total, w5, w1h, cacheWrite5m, cacheWrite1h) => {
  expect(splitWrites(total, w5, w1h)).toEqual({ cacheWrite5m, cacheWrite1h });
});

test.each([
  [true, 100, 10, 'openai', 'gpt-4o', true],
  [false, 8, 94_000, 'anthropic', 'claude-opus-4-6', false],
  [null, 8, 94_000, 'openai', 'gpt-4o', true],
  [null, 100, 10, 'anthropic', 'any', true],
  [null, 100, 10, 'bedrock', 'us.anthropic.claude-sonnet-4-5', true],
  [null, 100, 10, null, 'claude-opus-4-6', true],
  [null, 100, 100, 'openai', 'gpt-4o', false],
  [null, 0, 0, null, null, false],
])('flag %s, %d tokens in, %d read, %s %s: exclusive %s', (flag, inputTokens, cacheRead, provider, model, expected) => {
  expect(isExclusive({ flag, inputTokens, cacheRead, provider, model })).toBe(expected);
});

describe('cached tokens implied by a recorded cost', () => {
  const usage = { ...NOTHING, inputTokens: 2_000, outputTokens: 50 };
  const list = callCost(usage, gpt);
  const paid = (cached: number) => callCost({ ...usage, cacheRead: cached }, gpt);

  test.each([0, 128, 1_024, 1_920])('%d tokens are found again', (cached) => {
    expect(impliedCachedTokens(paid(cached), usage, gpt)).toBe(cached);
    expect(impliedCachedTokens(Number(paid(cached).toFixed(6)), usage, gpt)).toBe(cached);
  });

  test.each([
    ['no multiple of 128', paid(100)],
    ['above the list price', list * 1.1],
    ['below a fully cached prompt', paid(2_000) * 0.5],
    ['no number', Number.NaN],
    ['negative', -1],
  ])('%s: nothing is said', (_why, recorded) => {
    expect(impliedCachedTokens(recorded, usage, gpt)).toBeNull();
  });

  test('an event that reports its cache needs no guess', () => {
    expect(impliedCachedTokens(list, { ...usage, cacheRead: 1 }, gpt)).toBeNull();
  });

  test('another host caches in steps of its own', () => {
    const deepseek = modelPrice('deepseek-chat', entry('deepseek', 0.28, 0.42, { cache_read_input_token_cost: 0.028 }));
    expect(impliedCachedTokens(callCost({ ...usage, cacheRead: 192 }, deepseek), usage, deepseek)).toBe(192);
    expect(impliedCachedTokens(callCost({ ...usage, cacheRead: 192.5 }, deepseek), usage, deepseek)).toBeNull();
  });
});
