import { expect, test } from 'vitest';
import { cheaperModels, isPremium } from '../../../analysis/pricing/downgrade.ts';
import { entry, TABLE } from './table.ts';

test.each([
  ['gpt-4o', ['gpt-4o-mini', 'gpt-4.1-mini', 'gpt-5-mini']],
  ['gpt-4o-2024-08-06', ['gpt-4o-mini', 'gpt-4.1-mini', 'gpt-5-mini']],
  ['gpt-4.1', ['gpt-4.1-mini', 'gpt-5-mini', 'gpt-4o-mini']],
  ['o3', ['gpt-5-mini', 'gpt-4.1-mini']],
  ['gpt-5.4', ['gpt-5-mini']],
  ['claude-sonnet-4-6', ['claude-haiku-4-5']],
  ['claude-opus-4-20250514', ['claude-haiku-4-5']],
  ['us.anthropic.claude-opus-4-6-v1', ['us.anthropic.claude-haiku-4-5-20251001-v1:0']],
  ['azure/gpt-4o-2024-11-20', ['azure/gpt-4o-mini']],
  ['gemini-2.5-pro', ['gemini-2.5-flash']],
  ['mistral/mistral-large-2411', ['mistral/mistral-small-latest']],
])('%s steps down at its own host to %j', (key, expected) => {
  expect(cheaperModels(key, TABLE).map((model) => model.key)).toEqual(expected);
});

test.each(['gpt-4o-mini', 'claude-haiku-4-5', 'deepseek-chat', 'ft:gpt-4.1-2025-04-14', 'whissle', '__proto__'])(
  '%s has nowhere to go',
  (key) => {
    expect(cheaperModels(key, TABLE)).toEqual([]);
  },
);

test('a sibling must cost at most 40 % for input and for output', () => {
  const with5mini = (input: number, output: number) => ({
    'gpt-5': entry('openai', 1, 10),
    'gpt-5-mini': entry('openai', input, output),
  });
  const [atLimit] = cheaperModels('gpt-5', with5mini(0.4, 4));
  expect(atLimit?.inputShare).toBeCloseTo(0.4, 9);
  expect(atLimit?.outputShare).toBeCloseTo(0.4, 9);
  expect(cheaperModels('gpt-5', with5mini(0.41, 1))).toEqual([]);
  expect(cheaperModels('gpt-5', with5mini(0.1, 4.1))).toEqual([]);
});

test('a newer budget model comes first where the table prices it', () => {
  const table = { ...TABLE, 'claude-haiku-5-5': entry('anthropic', 0.1, 0.5) };
  expect(cheaperModels('claude-opus-4-6', table).map((model) => model.key)).toEqual([
    'claude-haiku-5-5',
    'claude-haiku-4-5',
  ]);
});

test('a premium price is absolute', () => {
  expect(isPremium({ input: 2e-6, output: 8e-6 })).toBe(true);
  expect(isPremium({ input: 1.25e-6, output: 10e-6 })).toBe(true);
  expect(isPremium({ input: 1e-6, output: 5e-6 })).toBe(false);
});
