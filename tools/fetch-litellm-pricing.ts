import { z } from 'zod';
import type { PriceTable } from '../analysis/pricing/table.ts';
import { pricingCacheDir } from './pricing/cache.ts';
import { pricingUrl, publicUrl } from './pricing/live.ts';
import { type LoadedPrices, loadPrices } from './pricing/load.ts';
import { defineTool } from './tool.ts';

/** The providers of the public runbook, by LiteLLM's `litellm_provider` field. */
const DEFAULT_PROVIDERS = [
  'openai',
  'anthropic',
  'vertex_ai',
  'gemini',
  'azure',
  'azure_ai',
  'deepseek',
  'mistral',
  'bedrock',
  'cohere',
  'groq',
];

export const MODEL_PRICING = 'data/model_pricing.json';

export const fetchLitellmPricing = defineTool({
  name: 'fetch_litellm_pricing',
  description:
    'Reads LiteLLM\'s live table of model prices (USD per token; cached for a day; without a network an older copy or the table that ships with this version, and the note says so) and writes the chat models of the listed providers to data/model_pricing.json, with data/model_pricing_meta.json beside it. Call it once, before any cost is worked out. A provider is matched by the table\'s litellm_provider field (vertex_ai also stands for vertex_ai-language-models, bedrock for bedrock_converse), never by a model\'s name. Example: {}. To add a host: {"providers": ["openai", "anthropic", "xai"]}',
  input: z.strictObject({
    providers: z
      .array(z.string().regex(/^[\w.-]{1,60}$/))
      .min(1)
      .max(50)
      .default(DEFAULT_PROVIDERS),
    save_as: z
      .string()
      .max(200)
      .regex(/\.json$/, 'must end in .json')
      .default(MODEL_PRICING),
  }),
  output: z.object({
    source: z.enum(['live', 'cache', 'embedded']),
    as_of: z.string().nullable(),
    models: z.number(),
    providers: z.record(z.string(), z.number()),
    skipped_entries: z.number(),
    note: z.string(),
    saved_as: z.string(),
  }),
  writes: 'own artifacts',
  asks: 'web',
  async run({ providers, save_as }, context) {
    const saved_as = context.results.relative(save_as);
    context.progress('reading model prices');
    const loaded = await context.outside('model prices', async () => {
      const url = pricingUrl();
      const prices = await loadPrices({ url, cacheDir: pricingCacheDir(), providers, signal: context.signal });
      return { ...prices, url: publicUrl(url) };
    });
    const models = Object.keys(loaded.table).length;
    const { source, asOf: as_of, note } = loaded;
    await context.results.writeJson(saved_as, sorted(loaded.table));
    await context.results.writeJson(metaPath(saved_as), meta(loaded));
    await context.facts.publish({
      'pricing.source': { value: source, unit: 'text', source: saved_as },
      'pricing.as_of': { value: as_of, unit: 'time', source: saved_as },
      'pricing.models': { value: models, unit: 'count', source: saved_as },
      'pricing.note': { value: note, unit: 'text', source: saved_as },
    });
    return { source, as_of, models, providers: counts(loaded.table), skipped_entries: loaded.skipped, note, saved_as };
  },
});

function metaPath(saved: string): string {
  return saved.replace(/\.json$/, '_meta.json');
}

/** The address is the one that was asked, also where an older copy or the embedded table had to do. */
function meta({ source, asOf, etag, note, skipped, url }: LoadedPrices & { url: string }) {
  return { source, url, as_of: asOf, etag, note, skipped_entries: skipped };
}

function counts(table: PriceTable): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { litellm_provider: name } of Object.values(table)) found[name] = (found[name] ?? 0) + 1;
  return found;
}

/** By name, so that two runs over one table write the same bytes. */
function sorted(table: PriceTable): PriceTable {
  return Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)));
}
