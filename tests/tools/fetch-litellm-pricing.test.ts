import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PriceTable } from '../../analysis/pricing/table.ts';
import { RunbookError } from '../../lib/errors.ts';
import type { Source } from '../../sources/source.ts';
import { FactStore } from '../../tools/facts.ts';
import { fetchLitellmPricing } from '../../tools/fetch-litellm-pricing.ts';
import { pricingCacheDir } from '../../tools/pricing/cache.ts';
import { loadEmbeddedTable } from '../../tools/pricing/embedded.ts';
import { pricingUrl } from '../../tools/pricing/live.ts';
import { loadPrices } from '../../tools/pricing/load.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import type { ToolContext } from '../../tools/tool.ts';
import { type LitellmAnswer, type LitellmServer, startLitellm } from '../servers/litellm.ts';

const GPT = {
  input_cost_per_token: 2.5e-6,
  output_cost_per_token: 1e-5,
  cache_read_input_token_cost: 1.25e-6,
  litellm_provider: 'openai',
  mode: 'chat',
  max_input_tokens: 128000,
};
const TABLE = {
  sample_spec: { litellm_provider: 'one of the providers', mode: 'one of: chat, embedding', input_cost_per_token: 0 },
  'gpt-4o': GPT,
  'vertex_ai/claude-x': { ...GPT, litellm_provider: 'vertex_ai-anthropic_models' },
  'us.anthropic.claude-x': {
    ...GPT,
    litellm_provider: 'bedrock_converse',
    input_cost_per_token_above_200k_tokens: 5e-6,
    input_cost_per_token_batches: 1e-6,
  },
  'command-x': { ...GPT, litellm_provider: 'cohere_chat', mode: 'completion' },
  'no-mode': { ...GPT, mode: undefined },
  'text-embedding-x': { ...GPT, mode: 'embedding' },
  'image-x': { ...GPT, mode: 'image_generation' },
  'free-x': { ...GPT, input_cost_per_token: 0, output_cost_per_token: 0 },
  'openrouter/openai/gpt-4o': { ...GPT, litellm_provider: 'openrouter' },
  'xai/grok-x': { ...GPT, litellm_provider: 'xai' },
};
const LISTED = ['command-x', 'gpt-4o', 'no-mode', 'us.anthropic.claude-x', 'vertex_ai/claude-x'];
const GOOD: LitellmAnswer = { kind: 'table', body: JSON.stringify(TABLE), etag: '"v1"' };
const DAY = 86_400_000;

let dir: string;
let server: LitellmServer;

beforeEach(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'pricing-'));
  server = await startLitellm(GOOD);
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

function load(more: Partial<Parameters<typeof loadPrices>[0]> = {}) {
  return loadPrices({
    url: new URL(server.url),
    cacheDir: path.join(dir, 'cache'),
    providers: ['openai', 'vertex_ai', 'bedrock', 'cohere'],
    signal: new AbortController().signal,
    timeoutMs: 2_000,
    ...more,
  });
}

describe('the live table', () => {
  test('chat models of the listed providers, by the provider field and never by the name', async () => {
    const loaded = await load();
    expect(loaded).toMatchObject({ source: 'live', etag: '"v1"', skipped: 0 });
    expect(Object.keys(loaded.table).sort()).toEqual(LISTED);
    expect(loaded.table['us.anthropic.claude-x']).toEqual({
      input_cost_per_token: 2.5e-6,
      output_cost_per_token: 1e-5,
      cache_read_input_token_cost: 1.25e-6,
      input_cost_per_token_above_200k_tokens: 5e-6,
      litellm_provider: 'bedrock_converse',
      mode: 'chat',
      max_input_tokens: 128000,
    });
    expect(loaded.table['no-mode']?.mode).toBeNull();
  });

  test('entries of a wrong shape are left out, counted and told', async () => {
    const bad = {
      'gpt-text': { ...GPT, input_cost_per_token: '2.5' },
      'gpt-negative': { ...GPT, output_cost_per_token: -1 },
      'gpt-per-million': { ...GPT, input_cost_per_token: 2.5 },
      'gpt-tier': { ...GPT, input_cost_per_token_above_200k_tokens: 'x' },
      'gpt-list': [1],
      'gpt-null': null,
      'xai/grok-bad': { ...GPT, litellm_provider: 'xai', input_cost_per_token: 'x' },
      'gpt-odd-limit': { ...GPT, max_input_tokens: 'many' },
    };
    server.answer = { kind: 'table', body: JSON.stringify({ ...TABLE, ...bad }) };
    const loaded = await load();
    expect(Object.keys(loaded.table).sort()).toEqual([...LISTED, 'gpt-odd-limit'].sort());
    expect(loaded.table['gpt-odd-limit']).not.toHaveProperty('max_input_tokens');
    expect(loaded.skipped).toBe(6);
    expect(loaded.note).toContain('6 of its entries');
  });

  test('a name that is special to JavaScript is only a name', async () => {
    server.answer = { kind: 'table', body: `{"__proto__": ${JSON.stringify(GPT)}, "gpt-4o": ${JSON.stringify(GPT)}}` };
    const { table } = await load();
    expect(Object.keys(table).sort()).toEqual(['__proto__', 'gpt-4o']);
    expect(Object.getPrototypeOf(table)).toBe(Object.prototype);
  });
});

describe('the copy on disk', () => {
  test('serves a day without a request, then asks whether it is still the newest', async () => {
    const start = new Date();
    await load({ now: start });
    const again = await load({ now: new Date(start.getTime() + DAY - 1) });
    expect(again).toMatchObject({ source: 'cache', asOf: start.toISOString() });
    expect(Object.keys(again.table).sort()).toEqual(LISTED);
    expect(server.requests).toHaveLength(1);

    const later = new Date(start.getTime() + DAY);
    const checked = await load({ now: later });
    expect(server.requests[1]?.['if-none-match']).toBe('"v1"');
    expect(checked).toMatchObject({ source: 'live', asOf: later.toISOString(), etag: '"v1"' });
    expect(checked.note).toContain('unchanged since');
    expect(checked.table).toEqual(again.table);

    await load({ now: new Date(later.getTime() + DAY - 1) });
    expect(server.requests).toHaveLength(2);
  });

  test('holds every provider, so that another list needs no request', async () => {
    await load();
    const { table, source } = await load({ providers: ['xai'] });
    expect([source, Object.keys(table)]).toEqual(['cache', ['xai/grok-x']]);
    expect((await load({ providers: ['nobody'] })).note).toContain('no price of nobody');
  });

  test('is replaced by a changed table', async () => {
    const now = new Date();
    await load({ now });
    server.answer = { kind: 'table', body: JSON.stringify({ 'gpt-new': GPT }), etag: '"v2"' };
    const loaded = await load({ now: new Date(now.getTime() + 2 * DAY) });
    expect([loaded.source, loaded.etag, Object.keys(loaded.table)]).toEqual(['live', '"v2"', ['gpt-new']]);
  });

  test('is used when it is old and the server fails, and the note says so', async () => {
    const now = new Date();
    await load({ now });
    server.answer = { kind: 'status', status: 500 };
    const loaded = await load({ now: new Date(now.getTime() + 40 * DAY) });
    expect(loaded).toMatchObject({ source: 'cache', asOf: now.toISOString() });
    expect(loaded.note).toMatch(/HTTP 500.*out of date/);
  });

  test('is ignored when it is damaged, from another address, or from the future', async () => {
    await load();
    const cacheDir = path.join(dir, 'cache');
    const [file = ''] = readdirSync(cacheDir);
    await load({ now: new Date(Date.now() - DAY) });
    expect(server.requests).toHaveLength(2);
    writeFileSync(path.join(cacheDir, file), '{"table": {"gpt-4o": {"input_cost_per_token": "free"}}}');
    expect((await load()).source).toBe('live');
    const other = new URL(`${server.url}?table=2`);
    expect((await load({ url: other })).source).toBe('live');
  });

  test('that cannot be written is no failure', async () => {
    writeFileSync(path.join(dir, 'file'), '');
    expect((await load({ cacheDir: path.join(dir, 'file', 'cache') })).source).toBe('live');
  });
});

describe('without a live table and without a copy, the table that ships with the product', () => {
  test.each<[string, LitellmAnswer, RegExp]>([
    ['an error of the server', { kind: 'status', status: 500 }, /HTTP 500/],
    ['a wrong address', { kind: 'status', status: 404 }, /HTTP 404/],
    ['304 out of the blue', { kind: 'status', status: 304 }, /HTTP 304/],
    ['no answer', { kind: 'silent' }, /no answer within 0.3 s/],
    ['an answer that stalls', { kind: 'stalls' }, /no answer within 0.3 s/],
    ['a connection cut in the middle', { kind: 'cut' }, /no connection/],
    ['no JSON', { kind: 'table', body: '<html>sign in</html>' }, /not JSON/],
    ['no object', { kind: 'table', body: '[1, 2]' }, /no JSON object/],
    ['an empty table', { kind: 'table', body: '{}' }, /no usable price/],
    ['no usable entry', { kind: 'table', body: '{"a": {"litellm_provider": "openai"}, "b": 3}' }, /no usable price/],
    ['too large an answer', { kind: 'table', body: ' '.repeat(200_000) }, /larger than/],
  ])('%s', async (_what, answer, why) => {
    server.answer = answer;
    const started = Date.now();
    const loaded = await load({ timeoutMs: 300, maxBytes: 100_000 });
    expect(loaded.source).toBe('embedded');
    expect(loaded.note).toMatch(why);
    expect(loaded.note).toMatch(/genai-prices \d+\.\d+\.\d+/);
    expect(loaded.asOf).toMatch(/^20\d\d-/);
    expect(Object.keys(loaded.table)).toContain('gpt-4o');
    expect(Date.now() - started).toBeLessThan(3_000);
    expect(server.requests).toHaveLength(1);
  });

  test('no network', async () => {
    await server.close();
    const loaded = await load();
    expect(loaded.source).toBe('embedded');
    expect(loaded.note).toContain('ECONNREFUSED');
  });

  test('an interrupt is no reason for a fallback', async () => {
    server.answer = { kind: 'silent' };
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 50);
    await expect(load({ signal: interrupt.signal })).rejects.toMatchObject({ code: 'interrupted' });
  });
});

describe('the embedded table', () => {
  const PROVIDERS = [
    'openai',
    'anthropic',
    'vertex_ai',
    'gemini',
    'azure',
    'deepseek',
    'bedrock',
    'cohere',
    'mistral',
    'groq',
  ];
  const NOW = new Date('2026-11-20T12:00:00Z');

  test("LiteLLM's names, fields and providers", async () => {
    const { table } = await loadEmbeddedTable(PROVIDERS, NOW);
    expect(table['gpt-4o']).toMatchObject({ input_cost_per_token: 2.5e-6, cache_read_input_token_cost: 1.25e-6 });
    expect(table['gpt-5.4']).toMatchObject({
      input_cost_per_token_above_272k_tokens: 5e-6,
      litellm_provider: 'openai',
    });
    expect(table['claude-sonnet-4-6']).toMatchObject({ cache_creation_input_token_cost_above_1hr: 6e-6, mode: 'chat' });
    expect(table['us.anthropic.claude-sonnet-4-5-20250929']).toMatchObject({ litellm_provider: 'bedrock' });
    expect(table['vertex_ai/claude-sonnet-4-5']).toMatchObject({ litellm_provider: 'vertex_ai-anthropic_models' });
    expect(table['gemini/gemini-2.5-pro']).toMatchObject({ litellm_provider: 'gemini' });
    expect(table['gemini-2.5-pro']).toMatchObject({ litellm_provider: 'vertex_ai-language-models' });
    expect(table).not.toHaveProperty(['xai/grok-3']);
    expect(Object.keys(table).filter((key) => /^(gpt-oss|regional\.|whisper|text-embedding)/.test(key))).toEqual([]);
  });

  test('prices of the day: a price that starts later does not hold yet', async () => {
    const price = async (day: string) =>
      (await loadEmbeddedTable(['openai'], new Date(day))).table.o3?.input_cost_per_token;
    expect(await price('2025-06-09T00:00:00Z')).toBe(1e-5);
    expect(await price('2025-06-11T00:00:00Z')).toBe(2e-6);
  });

  test('the hour of the run does not change a price', async () => {
    const at = async (hour: string) =>
      (await loadEmbeddedTable(['deepseek'], new Date(`2026-11-20T${hour}:00Z`))).table;
    expect(await at('03:00')).toEqual(await at('20:00'));
  });

  test('only the listed providers, and unknown ones are no failure', async () => {
    const { table } = await loadEmbeddedTable(['xai', 'nobody'], NOW);
    expect(table['xai/grok-3']).toMatchObject({ litellm_provider: 'xai' });
    expect(Object.keys(table).every((key) => key.startsWith('xai/'))).toBe(true);
  });
});

describe('the settings', () => {
  test("LiteLLM's own address unless the environment names another", () => {
    expect(pricingUrl({}).href).toMatch(/^https:.*BerriAI\/litellm.*model_prices_and_context_window\.json$/);
    expect(pricingUrl({ LITELLM_PRICING_URL: ' ' }).protocol).toBe('https:');
    expect(pricingUrl({ LITELLM_PRICING_URL: 'http://127.0.0.1:1/x' }).href).toBe('http://127.0.0.1:1/x');
  });

  test.each(['not an address', 'file:///etc/passwd', 'ftp://host/x'])('%s is refused with the fix', (value) => {
    expect(() => pricingUrl({ LITELLM_PRICING_URL: value })).toThrow(RunbookError);
  });

  test('the cache lies where the desktop standard says', () => {
    expect(pricingCacheDir({ XDG_CACHE_HOME: '/c' })).toBe(path.join('/c', 'posthog-trace-optimizer', 'pricing'));
    expect(pricingCacheDir({ XDG_CACHE_HOME: 'relative' })).toContain('.cache');
  });
});

describe('the tool', () => {
  const saved = { ...process.env };
  afterEach(() => {
    process.env = { ...saved };
  });

  function context(): ToolContext {
    const results = ResultsDir.create(path.join(dir, 'results'), { overwrite: true });
    return {
      source: {} as Source,
      results,
      facts: new FactStore(results),
      params: {},
      window: { from: new Date(0), to: new Date() },
      signal: new AbortController().signal,
      outside: (_name, ask) => ask(),
      progress: () => undefined,
    };
  }

  test('writes the table, where it came from, and facts; secrets of the address stay out', async () => {
    process.env.LITELLM_PRICING_URL = server.url.replace('http://', 'http://me:secret1@').concat('?token=secret2');
    process.env.XDG_CACHE_HOME = path.join(dir, 'xdg');
    const ctx = context();
    const input = fetchLitellmPricing.input.parse({});
    const result = fetchLitellmPricing.output.parse(await fetchLitellmPricing.run(input, ctx));
    expect(result).toMatchObject({
      source: 'live',
      models: 5,
      providers: { openai: 2, bedrock_converse: 1, cohere_chat: 1, 'vertex_ai-anthropic_models': 1 },
      skipped_entries: 0,
      saved_as: 'data/model_pricing.json',
    });
    const table = ctx.results.readJson('data/model_pricing.json') as PriceTable;
    expect(Object.keys(table)).toEqual(LISTED);
    expect(ctx.results.readJson('data/model_pricing_meta.json')).toMatchObject({
      source: 'live',
      url: server.url,
      as_of: result.as_of,
      etag: '"v1"',
    });
    expect(ctx.facts.get('pricing.models').value).toBe(5);
    expect(server.requests[0]?.authorization).toMatch(/^Basic /);
    const cache = pricingCacheDir();
    const written = [
      ...readdirSync(path.join(dir, 'results', 'data')).map((name) => path.join(dir, 'results', 'data', name)),
      ...readdirSync(cache).map((name) => path.join(cache, name)),
    ];
    for (const file of written) expect(readFileSync(file, 'utf8')).not.toContain('secret');
  });

  test('another list and another file; paths outside the results are refused', async () => {
    process.env.LITELLM_PRICING_URL = server.url;
    process.env.XDG_CACHE_HOME = path.join(dir, 'xdg');
    const ctx = context();
    const result = await fetchLitellmPricing.run({ providers: ['xai'], save_as: 'data/x.json' }, ctx);
    expect(result).toMatchObject({ models: 1, saved_as: 'data/x.json' });
    expect(ctx.results.exists('data/x_meta.json')).toBe(true);
    await expect(fetchLitellmPricing.run({ providers: ['xai'], save_as: '../x.json' }, ctx)).rejects.toMatchObject({
      code: 'io',
    });
    expect(fetchLitellmPricing.input.safeParse({ save_as: 'data/x.csv' }).success).toBe(false);
  });
});
