import { z } from 'zod';
import { isOfProvider } from '../../analysis/pricing/providers.ts';
import { PRICE_FIELDS, type PriceEntry, type PriceTable, tierThreshold } from '../../analysis/pricing/table.ts';

/** No model costs a cent a token (the dearest cost $0.0006): such a figure is a slip, per million or per thousand. */
const MAX_PRICE = 0.01;

const price = z.number().min(0).max(MAX_PRICE);
const BASE_FIELDS = new Set<string>(Object.values(PRICE_FIELDS));

/** What an entry must be before its prices are believed; other fields are left out. */
const rawEntry = z.looseObject({
  litellm_provider: z.string().min(1).max(100),
  mode: z.string().nullish(),
  input_cost_per_token: price.nullish(),
  output_cost_per_token: price.nullish(),
  max_input_tokens: z.number().int().positive().optional().catch(undefined),
});

/** Only these bill text by the token. */
const CHAT_MODES = new Set(['chat', 'completion']);

export interface ParsedTable {
  /** Every usable entry, of all providers. */
  table: PriceTable;
  /** The `litellm_provider` of each entry that looks like a model but has no believable price; '' where it cannot be told. */
  skipped: string[];
}

/**
 * The usable entries of a LiteLLM price table: chat or completion models (or no mode) with a price of their own. Entries of
 * another kind are left out; entries of a wrong shape, or with a price
 * that no model has, are left out and listed.
 * @throws Error when the value is no object, or no entry is usable
 */
export function parseTable(value: unknown): ParsedTable {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is no JSON object');
  const skipped: string[] = [];
  const usable: [string, PriceEntry][] = [];
  for (const [name, raw] of Object.entries(value)) {
    const entry = parseEntry(raw);
    if (entry === 'bad') skipped.push(providerOf(raw));
    else if (entry !== null) usable.push([name, entry]);
  }
  if (usable.length === 0) throw new Error('it holds no usable price');
  return { table: Object.fromEntries(usable), skipped };
}

function providerOf(raw: unknown): string {
  const named = typeof raw === 'object' && raw !== null && 'litellm_provider' in raw ? raw.litellm_provider : '';
  return typeof named === 'string' ? named : '';
}

/** null: fine, but nothing that we price. */
function parseEntry(raw: unknown): PriceEntry | 'bad' | null {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return 'bad';
  if (!('litellm_provider' in raw) && !('input_cost_per_token' in raw)) return null;
  const mode = 'mode' in raw ? raw.mode : null;
  if (typeof mode === 'string' && !CHAT_MODES.has(mode)) return null;
  const parsed = rawEntry.safeParse(raw);
  if (!parsed.success) return 'bad';
  const { input_cost_per_token: input, output_cost_per_token: output, max_input_tokens } = parsed.data;
  if (!input && !output) return null;
  const extras: Record<string, number> = {};
  for (const [field, value] of Object.entries(raw)) {
    if (!BASE_FIELDS.has(field) && tierThreshold(field) === null) continue;
    if (value === null || value === undefined) continue;
    const checked = price.safeParse(value);
    if (!checked.success) return 'bad';
    extras[field] = checked.data;
  }
  return {
    ...extras,
    input_cost_per_token: input ?? 0,
    output_cost_per_token: output ?? 0,
    litellm_provider: parsed.data.litellm_provider,
    mode: parsed.data.mode ?? null,
    ...(max_input_tokens === undefined ? {} : { max_input_tokens }),
  };
}

/** The entries of the listed providers, and how many of theirs were left out, by the `litellm_provider` field (see `isOfProvider`), never by the model's name. */
export function ofProviders(
  { table, skipped }: ParsedTable,
  providers: readonly string[],
): { table: PriceTable; skipped: number } {
  const listed = (field: string) => providers.some((name) => isOfProvider(field, name));
  return {
    table: Object.fromEntries(Object.entries(table).filter(([, entry]) => listed(entry.litellm_provider))),
    skipped: skipped.filter((field) => field === '' || listed(field)).length,
  };
}
