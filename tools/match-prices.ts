import { z } from 'zod';
import type { Downgrade, ModelPriceUse, ModelUse } from '../analysis/evidence.ts';
import { cheaperModels } from '../analysis/pricing/downgrade.ts';
import { priceArrays } from '../analysis/pricing/price-arrays.ts';
import { resolveModel } from '../analysis/pricing/resolve.ts';
import type { PriceTable } from '../analysis/pricing/table.ts';
import { sqlFragments } from '../analysis/sql.ts';
import type { QueryValue } from '../sources/source.ts';
import { MODEL_PRICING } from './fetch-litellm-pricing.ts';
import { typed } from './profile-operations.ts';
import { PRICE_MAP, queryRows, text } from './query-rows.ts';
import { defineTool } from './tool.ts';

export interface PriceMapFile {
  /** The arrays that queries bind to price calls without a recorded cost. */
  values: Record<string, QueryValue>;
  prices: (ModelPriceUse & { how: string | null; calls: number; calls_without_cost: number })[];
  downgrades: Downgrade[];
  uses: ModelUse[];
}

export const matchPrices = defineTool({
  name: 'match_prices',
  description:
    'Finds the price of every model in the traffic in data/model_pricing.json (whole names only, never by substring) and prepares the backfill of calls that carry no cost. Names the models that stay unpriced. Writes data/price_map.json. Run fetch_litellm_pricing first. Example: {}',
  input: z.strictObject({}),
  output: z.object({ models: z.number(), priced: z.number(), unpriced: z.array(z.string()), saved_as: z.string() }),
  writes: 'own artifacts',
  asks: 'source',
  async run(_input, context) {
    const table = context.results.readJson(MODEL_PRICING) as PriceTable;
    const { calls } = sqlFragments(text(context.params.operation_property));
    const uses = (await queryRows(context, { name: 'prices: models in the traffic', sql: inventorySql(calls) })).map(
      (row) => typed<ModelUse>(row, ['operation', 'model', 'provider']),
    );
    const file = priceMap(uses, table);
    await context.results.writeJson(PRICE_MAP, file);
    const unpriced = file.prices.filter((price) => price.priced_as === null);
    return {
      models: file.prices.length,
      priced: file.prices.length - unpriced.length,
      unpriced: unpriced.map((price) => `${price.model} (${price.reason})`),
      saved_as: PRICE_MAP,
    };
  },
});

function inventorySql(calls: string): string {
  return `SELECT operation, model, provider, count() AS calls, countIf(isNull(recorded_cost)) AS calls_without_cost, countIf(has_tokens = 0) AS calls_without_tokens,
      sum(is_error) AS errors, sum(coalesce(recorded_cost, 0)) AS recorded_cost_usd, sum(fresh_tokens) AS fresh_tokens, sum(read_tokens) AS read_tokens,
      sum(write_tokens) AS write_tokens, sum(out_tokens) AS out_tokens, max(context_tokens) AS context_max
    FROM ${calls} AS gen GROUP BY operation, model, provider ORDER BY calls DESC, operation, model, provider LIMIT 20000`;
}

function priceMap(uses: ModelUse[], table: PriceTable): PriceMapFile {
  const models = new Map<string, { model: string; provider: string; calls: number; calls_without_cost: number }>();
  for (const use of uses) {
    const key = `${use.model}\u0000${use.provider}`;
    const known = models.get(key) ?? { model: use.model, provider: use.provider, calls: 0, calls_without_cost: 0 };
    known.calls += use.calls;
    known.calls_without_cost += use.calls_without_cost;
    models.set(key, known);
  }
  const list = [...models.values()];
  const named = (model: string) => (model === 'unknown' ? null : model);
  const asUses = list.map(({ model, provider }) => ({ model: named(model), provider: provider || null }));
  const prices = list.map((entry) => {
    const found = resolveModel(named(entry.model), entry.provider || null, table);
    const priced = 'price' in found ? found : null;
    return {
      ...entry,
      priced_as: priced?.key ?? null,
      how: priced?.how ?? null,
      reason: priced ? null : (found as { unpriced: string }).unpriced,
      input: priced?.price.input ?? null,
      output: priced?.price.output ?? null,
      read: priced?.price.cacheRead ?? null,
      max_input_tokens: priced?.price.maxInputTokens ?? null,
    };
  });
  return {
    values: priceArrays(asUses, table).values,
    prices,
    downgrades: prices.flatMap((p) => downgrade(p, table)),
    uses,
  };
}

function downgrade(
  price: { model: string; provider: string; priced_as: string | null },
  table: PriceTable,
): Downgrade[] {
  const [target] = price.priced_as === null ? [] : cheaperModels(price.priced_as, table);
  if (!target) return [];
  return [
    {
      model: price.model,
      provider: price.provider,
      target: target.key,
      input: target.price.input,
      output: target.price.output,
      read: target.price.cacheRead,
      max_input_tokens: target.price.maxInputTokens,
    },
  ];
}
