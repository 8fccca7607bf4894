import { respellings, unversioned, withoutResourcePath, withoutVersion } from './names.ts';
import { type ModelPrice, modelPrice } from './prices.ts';
import { canonicalVendor, familyOf, type Host, hostOf, hostOfPrefix, keyPrefixes } from './providers.ts';
import type { PriceTable } from './table.ts';

/** How a model's name found its price, from the surest to the least sure. */
type ResolvedHow =
  | 'exact'
  | 'case_insensitive'
  | 'provider_prefix' // with or without `provider/`, a resource path, or a gateway's prefix
  | 'date_stripped' // without a known date or version suffix
  | 'alias' // a known other spelling, or the only dated name of an undated one
  | 'fine_tune'; // ft:base:org:name:id → the table's ft:base

export interface Resolved {
  readonly key: string;
  readonly how: ResolvedHow;
  readonly price: ModelPrice;
}

interface Unpriced {
  /** A sentence fragment that says why, for the report. */
  readonly unpriced: string;
}

export type Resolution = Resolved | Unpriced;

/**
 * Finds the price of a model as an event names it. Whole names only: no price is ever taken because one name contains another.
 * Where the event names a provider, only that provider's entries count (another host's price is not its price); where it names
 * none, the entry of the vendor that sells the model line, or a key that is written exactly so.
 *
 * @param model `$ai_model`
 * @param provider `$ai_provider`
 */
export function resolveModel(model: string | null, provider: string | null, table: PriceTable): Resolution {
  const name = (model ?? '').trim();
  if (name === '') return { unpriced: 'the event names no model' };
  const index = indexOf(table);
  for (const route of routesOf(name, provider)) {
    const found = follow(route, name, index);
    if (found) return { ...found, price: modelPrice(found.key, index.entry(found.key)) };
  }
  return { unpriced: reason(name, provider, index) };
}

/** One way to read a name: which host serves it, and what the model is called there. */
interface Route {
  /** null: any, but then only a key that is written exactly like the name. */
  readonly families: readonly string[] | null;
  readonly bare: string;
  /** How sure the route itself is; a gateway's vendor price is an alias at best. */
  readonly atBest: ResolvedHow;
}

function routesOf(name: string, provider: string | null): Route[] {
  const host = hostOf(provider);
  const path = withoutResourcePath(name);
  const { prefix, rest } = split(path);
  if (host.kind === 'gateway') return gatewayRoutes(host, prefix?.kind === 'gateway' ? rest : path);
  if (host.kind === 'named') {
    const own = prefix?.families.some((family) => host.families.includes(family));
    return [{ families: host.families, bare: own ? rest : path, atBest: 'exact' }];
  }
  if (prefix?.kind === 'gateway') return gatewayRoutes(prefix, rest);
  if (prefix) return [{ families: prefix.families, bare: rest, atBest: 'exact' }];
  return [{ families: canonicalVendor(path)?.families ?? null, bare: path, atBest: 'exact' }];
}

/** A gateway's own entry first, then the list price of a vendor whose models nobody else prices. */
function gatewayRoutes(gateway: Exclude<Host, { kind: 'unnamed' }>, name: string): Route[] {
  const { prefix, rest } = split(name);
  const bare = prefix ? rest : name;
  const vendor = canonicalVendor(bare);
  const own: Route = { families: gateway.families, bare: name, atBest: 'exact' };
  const sold = vendor?.closed && (!prefix || prefix.families.some((family) => vendor.families.includes(family)));
  return vendor && sold ? [own, { families: vendor.families, bare, atBest: 'alias' }] : [own];
}

function split(name: string): { prefix: Exclude<Host, { kind: 'unnamed' }> | null; rest: string } {
  const slash = name.indexOf('/');
  const host = slash > 0 ? hostOfPrefix(name.slice(0, slash)) : null;
  return host && host.kind !== 'unnamed' ? { prefix: host, rest: name.slice(slash + 1) } : { prefix: null, rest: name };
}

function follow(route: Route, name: string, index: TableIndex): { key: string; how: ResolvedHow } | null {
  const { families, bare } = route;
  const stages: [ResolvedHow, () => string | null][] = [
    ['exact', () => index.exact(name, families)],
    ['case_insensitive', () => index.find([name], families)],
  ];
  if (families !== null && /^ft:/i.test(bare)) {
    stages.push(['provider_prefix', () => index.find([bare], families)]);
    stages.push(['fine_tune', () => index.find(fineTuneBases(bare), families)]);
  } else if (families !== null) {
    const spelled = respellings(bare.toLowerCase());
    const at = (names: string[]) => names.flatMap((one) => hosted(one, families));
    stages.push(['provider_prefix', () => index.find(at([bare]), families)]);
    stages.push(['date_stripped', () => index.find(at(withoutVersion(bare)), families)]);
    stages.push(['alias', () => index.find(at([...spelled, ...spelled.flatMap(withoutVersion)]), families)]);
    stages.push(['alias', () => index.onlyDated(at([bare, ...spelled].map(withoutLatest)), families)]);
  }
  for (const [how, look] of stages) {
    const key = look();
    if (key !== null) return { key, how: route.atBest === 'alias' ? 'alias' : how };
  }
  return null;
}

function withoutLatest(name: string): string {
  return name.replace(/-latest$/i, '');
}

/** `ft:gpt-4.1-2025-04-14:org:name:id` → `ft:gpt-4.1-2025-04-14`, `ft:gpt-4.1`. */
function fineTuneBases(bare: string): string[] {
  const base = bare.split(':').slice(0, 2).join(':');
  return [base, ...withoutVersion(base)];
}

/** The name as it may be written in the table at these hosts. */
function hosted(name: string, families: readonly string[]): string[] {
  return [name, ...families.flatMap(keyPrefixes).map((prefix) => `${prefix}/${name}`)];
}

function reason(name: string, provider: string | null, index: TableIndex): string {
  const host = hostOf(provider);
  const named = host.kind === 'unnamed' ? split(withoutResourcePath(name)).prefix : host;
  if (!named) {
    const vendor = canonicalVendor(withoutResourcePath(name));
    return vendor && !vendor.families.some((family) => index.families.has(family))
      ? `the price table holds no prices of ${vendor.families.join(' or ')}, and the event names no provider`
      : `no model of that name is in the price table, and the event names no provider`;
  }
  const who = provider && host.kind !== 'unnamed' ? provider : named.families.join(' or ');
  if (!named.families.some((family) => index.families.has(family)) && named.kind !== 'gateway') {
    return `the price table holds no prices of ${who}, and another host's price is not its price`;
  }
  if (/(?:^|\/)ft:/i.test(name)) return `the price table of ${who} has no price for fine-tunes of that base model`;
  return `${who} has no model of that name in the price table`;
}

/** Look-ups by whole name over one table. */
class TableIndex {
  readonly families = new Set<string>();
  readonly #table: PriceTable;
  readonly #byLower = new Map<string, string[]>();
  readonly #byUnversioned = new Map<string, string[]>();

  constructor(table: PriceTable) {
    this.#table = table;
    for (const [key, entry] of Object.entries(table)) {
      this.families.add(familyOf(entry.litellm_provider));
      push(this.#byLower, key.toLowerCase(), key);
      push(this.#byUnversioned, unversioned(key.toLowerCase()), key);
    }
  }

  entry(key: string) {
    const entry = this.#table[key];
    if (!entry) throw new TypeError(`${key} is not in the price table`);
    return entry;
  }

  exact(name: string, families: readonly string[] | null): string | null {
    return Object.hasOwn(this.#table, name) && this.#served(name, families) ? name : null;
  }

  /** The first of the names that the table has, in any case, at one of the hosts. */
  find(names: readonly string[], families: readonly string[] | null): string | null {
    for (const name of names) {
      const key = this.#byLower.get(name.toLowerCase())?.find((candidate) => this.#served(candidate, families));
      if (key !== undefined) return key;
    }
    return null;
  }

  /** For an undated name: the dated names of it, if they all cost the same. */
  onlyDated(names: readonly string[], families: readonly string[]): string | null {
    for (const name of names.map((one) => one.toLowerCase())) {
      if (unversioned(name) !== name) continue;
      const keys = (this.#byUnversioned.get(name) ?? []).filter((key) => this.#served(key, families));
      const [first] = keys;
      if (first !== undefined && keys.every((key) => this.#sameCost(key, first))) return first;
    }
    return null;
  }

  #served(key: string, families: readonly string[] | null): boolean {
    return families === null || families.includes(familyOf(this.entry(key).litellm_provider));
  }

  #sameCost(a: string, b: string): boolean {
    const [x, y] = [this.entry(a), this.entry(b)];
    return x.input_cost_per_token === y.input_cost_per_token && x.output_cost_per_token === y.output_cost_per_token;
  }
}

function push(map: Map<string, string[]>, name: string, key: string): void {
  const keys = map.get(name);
  if (keys) keys.push(key);
  else map.set(name, [key]);
}

const indexes = new WeakMap<PriceTable, TableIndex>();

function indexOf(table: PriceTable): TableIndex {
  const known = indexes.get(table);
  if (known) return known;
  const index = new TableIndex(table);
  indexes.set(table, index);
  return index;
}
