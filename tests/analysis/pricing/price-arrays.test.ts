import { expect, test } from 'vitest';
import { priceArrays } from '../../../analysis/pricing/price-arrays.ts';
import { entry, TABLE } from './table.ts';

const NAMES = ['keys', 'in', 'out', 'read', 'write_5m', 'write_1h', 'tier_above'].concat(
  ['in', 'out', 'read', 'write_5m', 'write_1h'].map((name) => `${name}_high`),
);

test('parallel arrays, one row per priced model, and the rest named with a reason', () => {
  const { values, resolved, unpriced } = priceArrays(
    [
      { model: 'gpt-5.4', provider: 'openai' },
      { model: 'whissle', provider: null },
      { model: 'claude-opus-4-6', provider: null },
      { model: 'gpt-5.4', provider: 'openai' },
    ],
    TABLE,
  );
  expect(Object.keys(values).sort()).toEqual(NAMES.map((name) => `price_${name}`).sort());
  expect(values.price_keys).toEqual(['gpt-5.4|openai', 'claude-opus-4-6|']);
  expect(values.price_in).toEqual([2.5e-6, 5e-6]);
  expect(values.price_tier_above).toEqual([272_000, 1e18]);
  expect(values.price_in_high).toEqual([5e-6, 5e-6]);
  expect(values.price_write_1h).toEqual([2.5e-6, 1e-5]);
  expect(resolved.map(({ key, how }) => [key, how])).toEqual([
    ['gpt-5.4', 'exact'],
    ['claude-opus-4-6', 'exact'],
  ]);
  expect(unpriced).toEqual([{ model: 'whissle', provider: null, reason: expect.stringContaining('no provider') }]);
});

test('without a priced model the arrays hold one row that no event matches', () => {
  const { values } = priceArrays([{ model: null, provider: null }], TABLE);
  for (const name of NAMES) expect(values[`price_${name}`]).toHaveLength(1);
  expect(values.price_keys).not.toContain('|');
  expect(String(values.price_keys)).not.toContain('|');
  expect(values.price_in).toEqual([0]);
});

test('of several tiers the first that changes a price is kept, and the others are named', () => {
  const table = {
    'gpt-x': entry('openai', 1, 4, {
      input_cost_per_token_above_128k_tokens: 1,
      input_cost_per_token_above_200k_tokens: 2,
      input_cost_per_token_above_500k_tokens: 3,
    }),
  };
  const { values, resolved } = priceArrays([{ model: 'gpt-x', provider: 'openai' }], table);
  expect(values.price_tier_above).toEqual([200_000]);
  expect(values.price_in_high).toEqual([2e-6]);
  expect(resolved[0]?.ignoredTiers).toEqual([500_000]);
});
