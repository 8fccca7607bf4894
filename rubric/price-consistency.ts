import type { Artifacts } from './artifacts.ts';
import { dataFile, near, objectsOf } from './data-files.ts';

/** What the price table says against the prices that the run bound, and against the facts on where they are from. */
export function priceMapFaults(artifacts: Artifacts): string[] {
  return [...boundFaults(artifacts), ...metaFaults(artifacts)];
}

/** `prices` names the table's row of each model, `values` holds what the queries were given: parallel lists by `model|provider`. */
function boundFaults(artifacts: Artifacts): string[] {
  const map = dataFile(artifacts, 'data/price_map.json') as
    | { prices?: unknown; values?: Record<string, unknown> }
    | undefined;
  const table = artifacts.pricing.value;
  const { price_keys: keys, price_in: inputs, price_out: outputs } = map?.values ?? {};
  if (!table || !Array.isArray(keys) || !Array.isArray(inputs) || !Array.isArray(outputs)) return [];
  return objectsOf(map?.prices).flatMap(({ model, provider, priced_as: name }) => {
    const at = keys.indexOf(`${model}|${provider}`);
    const price = typeof name === 'string' ? table[name] : undefined;
    if (at < 0 || !price) return [];
    const same = isNear(inputs[at], price.input_cost_per_token) && isNear(outputs[at], price.output_cost_per_token);
    return same ? [] : [`data/model_pricing.json: the price of ${name} is not the one of data/price_map.json`];
  });
}

/** Prices of one token are far below the rounding of sums. */
function isNear(a: unknown, b: number): boolean {
  return typeof a === 'number' && near(a * 1e6, b * 1e6);
}

/** The facts repeat where the prices are from. */
function metaFaults(artifacts: Artifacts): string[] {
  const file = 'data/model_pricing_meta.json';
  const meta = dataFile(artifacts, file) as Record<string, unknown> | undefined;
  const facts = artifacts.facts.value ?? {};
  return ['source', 'as_of', 'note'].flatMap((name) => {
    const said = facts[`pricing.${name}`]?.value;
    return meta?.[name] === undefined || said === undefined || said === meta[name]
      ? []
      : [`${file}: ${name} is not the one of data/facts.json`];
  });
}
