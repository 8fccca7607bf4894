import { parse } from 'csv-parse/sync';
import type { ResultsDir } from '../tools/results-dir.ts';

/**
 * An object whose properties are looked up when a template asks for them, so that Handlebars' strict mode sees exactly the names
 * that exist.
 */
export function lookup(read: (name: string) => unknown): Record<string, unknown> {
  const get = (name: string | symbol) => (typeof name === 'string' ? read(name) : undefined);
  return new Proxy<Record<string, unknown>>(
    {},
    {
      get: (_target, name) => get(name),
      has: (_target, name) => get(name) !== undefined,
      getOwnPropertyDescriptor(_target, name) {
        const value = get(name);
        return value === undefined ? undefined : { value, enumerable: true, configurable: true };
      },
    },
  );
}

/** Artifacts of a results dir by name: `price_map` is data/price_map.json, or the rows of data/price_map.csv. */
export function artifactsOf(results: ResultsDir): Record<string, unknown> {
  return lookup((name) => {
    if (!/^\w+$/u.test(name)) return undefined;
    if (results.exists(`data/${name}.json`)) return results.readJson(`data/${name}.json`);
    if (!results.exists(`data/${name}.csv`)) return undefined;
    return parse(results.readText(`data/${name}.csv`), { columns: true, cast: cell });
  });
}

/** Numbers as numbers; text that only looks like one (`007`) stays text. */
function cell(text: string): string | number {
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:e[+-]?\d{1,3})?$/iu.test(text) ? Number(text) : text;
}
