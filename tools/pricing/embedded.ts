import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { ConditionalPrice, MatchLogic, ModelInfo, ModelPrice, Provider } from '@pydantic/genai-prices';
import { PRICE_FIELDS, type PriceEntry, type PriceTable } from '../../analysis/pricing/table.ts';

const PACKAGE = '@pydantic/genai-prices';

export interface EmbeddedTable {
  table: PriceTable;
  /** The date of its newest dated price; the table is at least that recent. Null where no price is dated. */
  asOf: string | null;
  /** Name and version of the package, for the note. */
  label: string;
}

/** How a provider of LiteLLM's is called in the embedded table, and how LiteLLM would name its models. */
interface Mapping {
  id: string;
  /** null: a model that this provider does not sell under that name. */
  entry(name: string): { key: string; provider: string } | null;
}

const bare = (provider: string) => (name: string) => ({ key: name, provider });
const prefixed = (provider: string) => (name: string) => ({ key: `${provider}/${name}`, provider });

const MAPPINGS: Readonly<Record<string, Mapping>> = {
  // Open weights are listed there, too, but OpenAI does not serve them: their price depends on the host.
  openai: { id: 'openai', entry: (name) => (name.startsWith('gpt-oss') ? null : { key: name, provider: 'openai' }) },
  anthropic: { id: 'anthropic', entry: bare('anthropic') },
  deepseek: { id: 'deepseek', entry: bare('deepseek') },
  cohere: { id: 'cohere', entry: bare('cohere') },
  gemini: { id: 'google', entry: (name) => (/^gem(?:ini|ma)-/.test(name) ? prefixed('gemini')(name) : null) },
  vertex_ai: { id: 'google', entry: vertexEntry },
  azure: { id: 'azure', entry: prefixed('azure') },
  mistral: { id: 'mistral', entry: prefixed('mistral') },
  groq: { id: 'groq', entry: prefixed('groq') },
  xai: { id: 'x-ai', entry: prefixed('xai') },
  bedrock: { id: 'aws', entry: bedrockEntry },
};

function vertexEntry(name: string): { key: string; provider: string } | null {
  if (name.startsWith('gemini-')) return { key: name, provider: 'vertex_ai-language-models' };
  return name.startsWith('claude-') ? { key: `vertex_ai/${name}`, provider: 'vertex_ai-anthropic_models' } : null;
}

/** Real Bedrock ids only (`us.anthropic.claude-…`); `regional.…` is the table's own word for all regions. */
function bedrockEntry(name: string): { key: string; provider: string } | null {
  return /^(?:[a-z-]+\.){1,2}[a-z]/.test(name) && !name.startsWith('regional.')
    ? { key: name, provider: 'bedrock' }
    : null;
}

/**
 * The price table that ships with the product, in LiteLLM's names and fields, for the listed providers. Prices that depend on a
 * date are those of `now`; prices that depend on the hour are those that hold for most of the day.
 */
export async function loadEmbeddedTable(providers: readonly string[], now: Date): Promise<EmbeddedTable> {
  const { findProvider } = await import('@pydantic/genai-prices');
  const rows: [string, PriceEntry][] = [];
  const dates: string[] = [];
  for (const name of new Set(providers)) {
    const mapping = MAPPINGS[name] ?? { id: name, entry: prefixed(name) };
    const provider = findProvider({ providerId: mapping.id });
    if (provider?.id !== mapping.id) continue;
    rows.push(...entriesOf(provider, mapping, now));
    dates.push(...provider.models.flatMap(startDates));
  }
  const asOf = dates
    .filter((date) => new Date(date) <= now)
    .sort()
    .at(-1);
  return {
    table: Object.fromEntries(rows),
    asOf: asOf ? new Date(asOf).toISOString() : null,
    label: `${PACKAGE} ${version()}`,
  };
}

function entriesOf(provider: Provider, mapping: Mapping, now: Date): [string, PriceEntry][] {
  const rows: [string, PriceEntry][] = [];
  for (const model of provider.models) {
    const prices = toFields(priceAt(model, now));
    if (!prices) continue;
    for (const name of namesOf(model)) {
      // The table's rule is that the first model that claims a name has it.
      const claimedBy = provider.models.find(({ match }) => matches(match, name));
      const place = claimedBy === undefined || claimedBy === model ? mapping.entry(name) : null;
      if (!place) continue;
      const context = model.context_window === undefined ? {} : { max_input_tokens: model.context_window };
      rows.push([place.key, { ...prices, litellm_provider: place.provider, mode: 'chat', ...context }]);
    }
  }
  return rows;
}

/** A model's own id and every whole name that its rule spells out. */
function namesOf(model: ModelInfo): Set<string> {
  return new Set([model.id, ...spelledOut(model.match)].map((name) => name.replace(/[-@:.]+$/, '')));
}

function spelledOut(match: MatchLogic): string[] {
  if ('or' in match) return match.or.flatMap(spelledOut);
  if ('and' in match) return match.and.flatMap(spelledOut);
  if ('equals' in match) return [match.equals];
  if ('starts_with' in match) return [match.starts_with];
  return 'contains' in match ? [match.contains] : [];
}

function matches(match: MatchLogic, name: string): boolean {
  if ('or' in match) return match.or.some((one) => matches(one, name));
  if ('and' in match) return match.and.every((one) => matches(one, name));
  if ('equals' in match) return name === match.equals;
  if ('starts_with' in match) return name.startsWith(match.starts_with);
  if ('ends_with' in match) return name.endsWith(match.ends_with);
  if ('contains' in match) return name.includes(match.contains);
  return new RegExp(match.regex).test(name);
}

function startDates(model: ModelInfo): string[] {
  if (!Array.isArray(model.prices)) return [];
  return model.prices.flatMap(({ constraint }) => (constraint?.type === 'start_date' ? [constraint.start_date] : []));
}

const DAY_HOURS = 24;

function priceAt(model: ModelInfo, now: Date): ModelPrice {
  if (!Array.isArray(model.prices)) return model.prices;
  const hours = new Map<string, { prices: ModelPrice; hours: number }>();
  let allDay: ModelPrice = {};
  let left = DAY_HOURS;
  for (const { constraint, prices } of model.prices) {
    if (constraint?.type === 'time_of_date') {
      const length = hoursBetween(constraint.start_time, constraint.end_time);
      const id = JSON.stringify(prices);
      hours.set(id, { prices, hours: (hours.get(id)?.hours ?? 0) + length });
      left -= length;
    } else if (holds(constraint, now)) {
      allDay = prices;
    }
  }
  return [...hours.values()].find((part) => part.hours > Math.max(left, DAY_HOURS / 2))?.prices ?? allDay;
}

function holds(constraint: ConditionalPrice['constraint'], now: Date): boolean {
  return constraint === undefined || (constraint.type === 'start_date' && new Date(constraint.start_date) <= now);
}

/** Hours from `00:30:00Z` to `16:30:00Z`, over midnight where the end is earlier. */
function hoursBetween(start: string, end: string): number {
  const at = (time: string) => new Date(`1970-01-01T${time}`).getTime() / 3_600_000;
  return (at(end) - at(start) + DAY_HOURS) % DAY_HOURS;
}

const FIELDS: Readonly<Record<string, string>> = {
  input_mtok: PRICE_FIELDS.input,
  output_mtok: PRICE_FIELDS.output,
  cache_read_mtok: PRICE_FIELDS.cacheRead,
  cache_write_mtok: PRICE_FIELDS.cacheWrite5m,
  cache_write_1h_mtok: PRICE_FIELDS.cacheWrite1h,
};

/** Units of models that speak, draw or listen for money; their price is not one of text tokens alone. */
const OTHER_OUTPUT = [
  'output_audio_mtok',
  'output_image_mtok',
  'output_video_mtok',
  'audio_hours',
  'input_audio_hours',
];

/** The prices in LiteLLM's fields, USD per token; null where text in and text out are not both billed by the token. */
function toFields(prices: ModelPrice): { input_cost_per_token: number; output_cost_per_token: number } | null {
  if (OTHER_OUTPUT.some((unit) => prices[unit] !== undefined)) return null;
  const fields: Record<string, number> = {};
  for (const [unit, field] of Object.entries(FIELDS)) {
    const price = prices[unit];
    if (price === undefined) continue;
    if (typeof price === 'number') {
      fields[field] = perToken(price);
      continue;
    }
    fields[field] = perToken(price.base);
    for (const tier of price.tiers)
      fields[`${field}_above_${Math.ceil(tier.start / 1000)}k_tokens`] = perToken(tier.price);
  }
  const { input_cost_per_token: input, output_cost_per_token: output } = fields;
  return input && output ? { ...fields, input_cost_per_token: input, output_cost_per_token: output } : null;
}

function perToken(perMillion: number): number {
  return Number((perMillion / 1e6).toPrecision(12));
}

/** The package does not export its manifest, which lies one folder above its entry. */
function version(): string {
  try {
    const entry = createRequire(import.meta.url).resolve(PACKAGE);
    const manifest = JSON.parse(readFileSync(path.join(path.dirname(entry), '..', 'package.json'), 'utf8'));
    return typeof manifest.version === 'string' ? manifest.version : '';
  } catch {
    return '';
  }
}
