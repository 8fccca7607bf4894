/** What is known of a value: enough for null-aware comparison, exact quantiles and date casts. */
export type ValueType =
  | 'string'
  | 'number'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'array'
  | 'tuple'
  | 'uuid'
  | 'null'
  | 'unknown';

/** An expression in its three forms, with what is known of its value. */
export interface Printed {
  /** PostHog's own ClickHouse print. */
  ch: string;
  /** What runs here. */
  ex: string;
  /** Normalised HogQL. */
  hq: string;
  type: ValueType;
  nullable: boolean;
  /** Set for literals. */
  constant?: { value: unknown };
  /** Name of the aggregation inside, if any. */
  aggregate?: string;
  /** Set for `properties.x`: the path, for side columns and typed contexts. */
  property?: { table: string; path: (string | number)[] };
}

export function printed(both: string, hq: string, type: ValueType, nullable: boolean): Printed {
  return { ch: both, ex: both, hq, type, nullable };
}

/** Joins the forms of several expressions by one recipe. */
export function combine(
  parts: Printed[],
  build: (parts: string[]) => string,
  hq: (parts: string[]) => string,
): Pick<Printed, 'ch' | 'ex' | 'hq' | 'aggregate'> {
  const aggregate = parts.find((part) => part.aggregate !== undefined)?.aggregate;
  return {
    ch: build(parts.map((part) => part.ch)),
    ex: build(parts.map((part) => part.ex)),
    hq: hq(parts.map((part) => part.hq)),
    ...(aggregate === undefined ? {} : { aggregate }),
  };
}
