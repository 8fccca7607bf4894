import { describe, expect, test } from 'vitest';
import { modelPrice, pricesAt } from '../../../analysis/pricing/prices.ts';
import { entry } from './table.ts';

const perMillion = (usd: number) => Number((usd * 1e6).toPrecision(10));

describe('cache prices that the table leaves out', () => {
  test.each([
    ['claude-x', 'anthropic', 0.1, 1.25, 2],
    ['us.anthropic.claude-x-v1:0', 'bedrock_converse', 0.1, 1.25, 2],
    ['vertex_ai/claude-x', 'vertex_ai-anthropic_models', 0.1, 1.25, 2],
    ['gpt-x', 'openai', 0.5, 1, 1],
    ['gemini-2.5-pro', 'vertex_ai-language-models', 0.1, 1, 1],
    ['gemini/gemini-3.1-pro-preview', 'gemini', 0.1, 1, 1],
    ['gemini-2.0-flash', 'vertex_ai-language-models', 0.25, 1, 1],
    ['mistral/mistral-large-latest', 'mistral', 0.1, 1, 1],
    ['groq/some-model', 'groq', 0.5, 1, 1],
  ])('%s: reads and writes by the provider rule', (key, provider, read, write5m, write1h) => {
    const price = modelPrice(key, entry(provider, 4, 20));
    expect([price.cacheRead, price.cacheWrite5m, price.cacheWrite1h].map(perMillion)).toEqual([
      4 * read,
      4 * write5m,
      4 * write1h,
    ]);
    expect(price.cacheReadFrom).toBe('default');
  });
});

test("the table's own cache prices win", () => {
  const listed = entry('anthropic', 4, 20, {
    cache_read_input_token_cost: 0.2,
    cache_creation_input_token_cost: 5,
    cache_creation_input_token_cost_above_1hr: 8,
  });
  const price = modelPrice('claude-opus-5-5', { ...listed, max_input_tokens: 1_000_000 });
  expect([price.cacheRead, price.cacheWrite5m, price.cacheWrite1h].map(perMillion)).toEqual([0.2, 5, 8]);
  expect(price).toMatchObject({ cacheReadFrom: 'table', maxInputTokens: 1_000_000, provider: 'anthropic', tiers: [] });
});

test('a write below the input price is no price of writing', () => {
  for (const write of [0, 0.14]) {
    const price = modelPrice(
      'deepseek-chat',
      entry('deepseek', 0.28, 0.42, { cache_creation_input_token_cost: write }),
    );
    expect(perMillion(price.cacheWrite5m)).toBe(0.28);
    expect(perMillion(price.cacheWrite1h)).toBe(0.28);
  }
});

test('long-prompt tiers come by rising threshold, and a missing cache price keeps its ratio', () => {
  const price = modelPrice(
    'claude-haiku-5-5',
    entry('anthropic', 0.1, 0.5, {
      input_cost_per_token_above_200k_tokens: 1,
      input_cost_per_token_above_100k_tokens: 0.5,
      output_cost_per_token_above_100k_tokens: 2.5,
    }),
  );
  expect(price.tiers.map((tier) => tier.aboveTokens)).toEqual([100_000, 200_000]);
  const [first, second] = price.tiers;
  expect(
    first && [first.input, first.output, first.cacheRead, first.cacheWrite5m, first.cacheWrite1h].map(perMillion),
  ).toEqual([0.5, 2.5, 0.05, 0.625, 1]);
  expect(second && perMillion(second.output)).toBe(0.5);
  expect(perMillion(pricesAt(price, 100_000).input)).toBe(0.1);
  expect(perMillion(pricesAt(price, 100_001).input)).toBe(0.5);
  expect(perMillion(pricesAt(price, 1e9).input)).toBe(1);
});

test('prices of batches, priority and other units are no tiers', () => {
  const price = modelPrice(
    'gpt-x',
    entry('openai', 2, 8, {
      input_cost_per_token_batches: 1,
      input_cost_per_token_above_272k_tokens_priority: 9,
      input_cost_per_audio_token: 40,
    }),
  );
  expect(price.tiers).toEqual([]);
});
