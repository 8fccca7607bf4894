import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { resolveModel } from '../../../analysis/pricing/resolve.ts';
import { entry, TABLE } from './table.ts';

describe('a name that has a price', () => {
  test.each([
    ['gpt-4o-2024-08-06', 'openai', 'gpt-4o-2024-08-06', 'exact'],
    ['gpt-4o-2024-05-13', null, 'gpt-4o-2024-05-13', 'exact'],
    ['gpt-4o-2024-11-20', 'openai', 'gpt-4o', 'date_stripped'],
    ['GPT-4O', 'openai', 'gpt-4o', 'case_insensitive'],
    ['GPT-4O', null, 'gpt-4o', 'case_insensitive'],
    [' gpt-4o ', 'OpenAI', 'gpt-4o', 'exact'],
    ['openai/gpt-4o', 'openai', 'gpt-4o', 'provider_prefix'],
    ['openai/gpt-4o', null, 'gpt-4o', 'provider_prefix'],
    ['gpt-4o', 'openai.responses', 'gpt-4o', 'exact'],
    ['gpt-5-4', 'openai', 'gpt-5.4', 'alias'],
    ['gpt-4.1-latest', 'openai', 'gpt-4.1', 'date_stripped'],
    ['azure/gpt-4o-2024-11-20', 'azure', 'azure/gpt-4o-2024-11-20', 'exact'],
    ['gpt-4o-2024-11-20', 'azure-openai.chat', 'azure/gpt-4o-2024-11-20', 'provider_prefix'],
    ['grok-3', 'azure', 'azure_ai/grok-3', 'provider_prefix'],
    ['deepseek-chat', 'deepseek', 'deepseek-chat', 'exact'],
    ['deepseek/deepseek-chat', 'deepseek', 'deepseek/deepseek-chat', 'exact'],
    ['deepseek-chat', null, 'deepseek-chat', 'exact'],
    ['claude-opus-4-6', 'anthropic', 'claude-opus-4-6', 'exact'],
    ['claude-sonnet-4-5-20250929', 'anthropic', 'claude-sonnet-4-5', 'date_stripped'],
    ['claude-sonnet-4.6', 'anthropic', 'claude-sonnet-4-6', 'alias'],
    ['claude-4.5-sonnet', null, 'claude-sonnet-4-5', 'alias'],
    ['claude-3.7-sonnet', 'anthropic', 'claude-3-7-sonnet-20250219', 'alias'],
    ['claude-3-7-sonnet-latest', 'anthropic', 'claude-3-7-sonnet-20250219', 'alias'],
    ['claude-opus-4-0', 'anthropic', 'claude-opus-4-20250514', 'alias'],
    ['anthropic/claude-sonnet-4.6', 'openrouter', 'claude-sonnet-4-6', 'alias'],
    ['openrouter/openai/gpt-4o', null, 'gpt-4o', 'alias'],
    [
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'bedrock',
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'exact',
    ],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', null, 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'exact'],
    ['us.anthropic.claude-opus-4-6-v1:0', 'amazon-bedrock', 'us.anthropic.claude-opus-4-6-v1', 'date_stripped'],
    ['bedrock/us.anthropic.claude-opus-4-6-v1', 'aws', 'us.anthropic.claude-opus-4-6-v1', 'provider_prefix'],
    [
      'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-6-v1',
      'bedrock',
      'us.anthropic.claude-opus-4-6-v1',
      'provider_prefix',
    ],
    ['claude-sonnet-4-5@20250929', 'vertex_ai', 'vertex_ai/claude-sonnet-4-5@20250929', 'provider_prefix'],
    ['models/gemini-2.5-flash', 'google', 'gemini-2.5-flash', 'provider_prefix'],
    ['models/gemini-2.5-flash', null, 'gemini-2.5-flash', 'provider_prefix'],
    ['gemini-2.5-flash', 'gemini', 'gemini/gemini-2.5-flash', 'provider_prefix'],
    ['gemini-2.5-pro', 'google.vertex.chat', 'gemini-2.5-pro', 'exact'],
    ['openai/gpt-oss-120b', 'groq', 'groq/openai/gpt-oss-120b', 'provider_prefix'],
    ['mistral-large-latest', 'mistralai', 'mistral/mistral-large-latest', 'provider_prefix'],
    ['command-r-plus', 'cohere', 'command-r-plus', 'exact'],
    ['ft:gpt-4.1-2025-04-14:sierra:x:y', 'openai', 'ft:gpt-4.1-2025-04-14', 'fine_tune'],
    ['ft:gpt-3.5-turbo:acme::id', null, 'ft:gpt-3.5-turbo', 'fine_tune'],
  ])('%s of %s', (model, provider, key, how) => {
    const found = resolveModel(model, provider, TABLE);
    expect('key' in found ? [found.key, found.how] : [found.unpriced]).toEqual([key, how]);
  });
});

describe('a name that has none', () => {
  test.each([
    ['openai/gpt-oss-120b', 'nebius', /no prices of nebius/],
    ['deepseek-chat', 'fireworks_ai', /no prices of fireworks_ai/],
    ['deepseek/deepseek-chat', 'openrouter', /openrouter has no model/],
    ['xai/grok-3', 'xai', /no prices of xai/],
    ['xai/grok-3', null, /no prices of xai/],
    ['grok-3', null, /no prices of xai/],
    ['kimi-k2.5', null, /names no provider/],
    ['llama-3.3-70b-versatile', null, /names no provider/],
    ['openai/gpt-oss-120b', null, /openai has no model/],
    ['whissle', null, /names no provider/],
    ['gpt-4o', 'anthropic', /anthropic has no model/],
    ['gpt-4', 'openai', /openai has no model/],
    ['gpt-4o-mini-transcribe', 'openai', /openai has no model/],
    ['gpt-4o:free', 'openai', /openai has no model/],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'anthropic', /anthropic has no model/],
    ['eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 'bedrock', /bedrock has no model/],
    ['mistral-large-2407', 'mistral', /mistral has no model/],
    ['ft:gpt-4o-2024-08-06:acme::id', 'openai', /fine-tunes/],
    ['ft:gpt-3.5-turbo-0125:acme::id', 'openai', /fine-tunes/],
    ['__proto__', null, /names no provider/],
    ['constructor', 'openai', /openai has no model/],
    ['', 'openai', /names no model/],
    ['  ', null, /names no model/],
    [null, null, /names no model/],
  ])('%s of %s', (model, provider, why) => {
    const found = resolveModel(model, provider, TABLE);
    expect('unpriced' in found ? found.unpriced : found.key).toMatch(why);
  });
});

test('an undated name with dated entries of different prices stays unpriced', () => {
  const table = {
    'claude-x-20250101': entry('anthropic', 1, 5),
    'claude-x-20260101': entry('anthropic', 2, 5),
  };
  expect(resolveModel('claude-x', 'anthropic', table)).toHaveProperty('unpriced');
  expect(
    resolveModel('claude-x', 'anthropic', { ...table, 'claude-x-20260101': entry('anthropic', 1, 5) }),
  ).toHaveProperty('key');
});

test('a dated name never takes the price of another date', () => {
  expect(resolveModel('claude-opus-4-20990101', 'anthropic', TABLE)).toHaveProperty('unpriced');
});

test('property: letters around a known name never find its price', () => {
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(TABLE)), word, word, (key, before, after) => {
      for (const name of [`${before}${key}`, `${key}${after}`, `${key}-${after}x`]) {
        const found = resolveModel(name, null, TABLE);
        if ('key' in found && found.key.toLowerCase() !== name.toLowerCase()) {
          // Only a respelling of the same letters may match.
          expect(found.key.replace(/[^a-z]/gi, '').length).toBeGreaterThanOrEqual(name.replace(/[^a-z]/gi, '').length);
        }
      }
    }),
  );
});

test('property: any text resolves or says why, and never to a host that was not named', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('nebius', 'together_ai', 'fireworks'), (model, provider) => {
      const found = resolveModel(model, provider, TABLE);
      expect('unpriced' in found && found.unpriced.length > 0).toBe(true);
    }),
  );
});
