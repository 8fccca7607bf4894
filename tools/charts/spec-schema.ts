import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { OutputUnit, Validator } from '@cfworker/json-schema';
import type { ChartSpec, Json } from '../../analysis/chart-theme.ts';
import { isObject, specError } from './spec-rules.ts';

const require = createRequire(import.meta.url);

/** Keywords that only pass on what a keyword below them found. */
const CONTAINERS = new Set(['$ref', 'anyOf', 'allOf', 'properties', 'items', 'additionalProperties']);
const MAX_OPTIONS = 24;
/** Allowed by the schema, refused by the rules. */
const NOT_OFFERED = new Set(['image', 'geojson']);

let validator: Promise<Validator> | undefined;

/** Vega-Lite's own schema, interpreted: compiling it takes a second and generates code, interpreting takes 40 ms and 1 ms a spec. */
async function loadValidator(): Promise<Validator> {
  const { Validator: Schema } = await import('@cfworker/json-schema');
  const schema = JSON.parse(readFileSync(require.resolve('vega-lite/vega-lite-schema.json'), 'utf8'));
  return new Schema(schema, '7', false);
}

/**
 * Checks a spec against Vega-Lite's JSON schema; inline rows are left out, they are checked elsewhere.
 * @throws RunbookError `tool_input` naming the JSON path and what is allowed there
 */
export async function checkSchema(spec: ChartSpec): Promise<void> {
  validator ??= loadValidator();
  const { valid, errors } = (await validator).validate({ data: { values: [] }, ...withoutRows(spec) });
  if (!valid) throw explain(spec, errors);
}

function withoutRows(spec: ChartSpec): ChartSpec {
  return Object.fromEntries(Object.entries(spec).map(([name, item]) => [name, emptyRows(item, name)]));
}

function emptyRows(value: Json, key = ''): Json {
  if (key === 'values' && Array.isArray(value) && value.some(isObject)) return [];
  if (Array.isArray(value)) return value.map((item) => emptyRows(item));
  return isObject(value) ? withoutRows(value) : value;
}

/**
 * One message out of the many that the branches of `anyOf` leave: the deepest place is where the best branch failed,
 * and there the value that the most branches refused.
 */
function explain(spec: ChartSpec, errors: OutputUnit[]): Error {
  const byPlace = new Map<string, OutputUnit[]>();
  for (const error of errors) {
    if (CONTAINERS.has(error.keyword)) continue;
    byPlace.set(error.instanceLocation, [...(byPlace.get(error.instanceLocation) ?? []), error]);
  }
  const [place, found] = [...byPlace].sort(
    ([a, one], [b, two]) => depth(b) - depth(a) || two.length - one.length,
  )[0] ?? ['#', []];
  return specError(jsonPath(place), describe(place, found, valueAt(spec, place)), 'See the Vega-Lite documentation.');
}

function depth(place: string): number {
  return place.split('/').length;
}

function describe(place: string, errors: OutputUnit[], value: Json | undefined): string {
  const shown = JSON.stringify(value ?? null).slice(0, 80);
  const options = errors.flatMap(({ keyword, error }) => (['enum', 'const'].includes(keyword) ? quoted(error) : []));
  const missing = errors.flatMap(({ keyword, error }) => (keyword === 'required' ? quoted(error) : []));
  const types = errors.flatMap(({ keyword, error }) => (keyword === 'type' ? quoted(error).slice(1) : []));
  if (options.length > 0 && !isObject(value)) return `${shown} is not allowed; use ${list(options)}.`;
  if (types.length > 0 && !isObject(value)) return `${shown} is not allowed; expected ${list(types)}.`;
  if (errors.some(({ keyword }) => keyword === 'false')) {
    return `Vega-Lite knows no property "${decode(place.split('/').at(-1) ?? '')}" here.`;
  }
  if (types.length > 0 && missing.length === 0) return `An object is not allowed; expected ${list(types)}.`;
  if (missing.length > 0) return `A property is missing, for example ${list(missing)}.`;
  return `${shown} is not allowed: ${errors[0]?.error ?? 'it does not match the schema'}`;
}

function quoted(message: string): string[] {
  return [...message.matchAll(/"([^"]*)"/gu)].map(([, text]) => text ?? '');
}

function list(values: string[]): string {
  const unique = [...new Set(values)].filter((value) => !NOT_OFFERED.has(value));
  const shown = unique.slice(0, MAX_OPTIONS).map((value) => JSON.stringify(value));
  return `${shown.join(', ')}${unique.length > MAX_OPTIONS ? ', …' : ''}`;
}

/** Parts of a JSON pointer are percent- and tilde-encoded. */
function decode(part: string): string {
  return decodeURI(part).replaceAll('~1', '/').replaceAll('~0', '~');
}

function jsonPath(place: string): string {
  return place
    .split('/')
    .slice(1)
    .map(decode)
    .reduce((path, part) => path + (/^\d+$/u.test(part) ? `[${part}]` : `.${part}`), '$');
}

function valueAt(spec: ChartSpec, place: string): Json | undefined {
  let value: Json | undefined = spec;
  for (const part of place.split('/').slice(1).map(decode)) {
    if (Array.isArray(value)) value = value[Number(part)];
    else if (isObject(value)) value = value[part];
  }
  return value;
}
