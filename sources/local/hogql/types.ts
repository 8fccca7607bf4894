/** What the compiler knows of a value: enough for null-aware comparison, casts by type and exact quantiles. */
export type Kind =
  | 'unknown'
  | 'null'
  | 'string'
  /** Text of a JSON object: `properties`. */
  | 'json'
  | 'integer'
  | 'float'
  | 'decimal'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'interval'
  | 'uuid'
  | 'array'
  | 'tuple'
  | 'map'
  | 'lambda';

export interface Type {
  kind: Kind;
  /** Whether NULL is possible, as PostHog sees it: what it cannot tell counts as possible. */
  nullable: boolean;
  /** Of the elements: one of an array, each of a tuple. */
  items?: readonly Type[];
  /** What a text holds that comes from an AI property of that type. */
  holds?: 'number' | 'boolean';
}

export function typeOf(kind: Kind, nullable = false, items?: readonly Type[]): Type {
  return items ? { kind, nullable, items } : { kind, nullable };
}

export const UNKNOWN: Type = { kind: 'unknown', nullable: true };

export function isNumeric(type: Type): boolean {
  return type.kind === 'integer' || type.kind === 'float' || type.kind === 'decimal';
}

/** Whether exact quantiles can take the place of sampled ones: the engine's exact kinds know no dates and keep decimals apart. */
export function isPlainNumber(type: Type): boolean {
  return type.kind === 'integer' || type.kind === 'float';
}

export function isTemporal(type: Type): boolean {
  return type.kind === 'date' || type.kind === 'datetime';
}

export function asNullable(type: Type): Type {
  return type.nullable ? type : { ...type, nullable: true };
}

/** The type of a value that is one of several, as in `if` or `coalesce`. */
export function merged(types: readonly Type[]): Type {
  const known = types.filter((type) => type.kind !== 'null');
  const nullable = types.some((type) => type.nullable);
  const [first] = known;
  if (!first) return typeOf('null', true);
  if (known.every((type) => type.kind === first.kind)) {
    const { holds, ...plain } = first;
    return holds && known.every((type) => type.holds === holds) ? { ...first, nullable } : { ...plain, nullable };
  }
  if (known.every(isPlainNumber)) return typeOf('float', nullable);
  return { kind: 'unknown', nullable };
}

/** The type of `left op right`. Only numbers can be multiplied or divided; what is added to a date stays a date. */
export function arithmetic(op: string, left: Type, right: Type): Type {
  const nullable = left.nullable || right.nullable;
  if (op === '/') return typeOf('float', nullable);
  if (op === '*' || op === '%') {
    const whole = left.kind === 'integer' && right.kind === 'integer';
    return typeOf(whole ? 'integer' : 'float', nullable);
  }
  if (isTemporal(left) && isTemporal(right)) return typeOf('integer', nullable);
  if (left.kind === 'date' && right.kind === 'interval') return { kind: 'unknown', nullable };
  if (isTemporal(left)) return { ...left, nullable };
  if (isTemporal(right)) return { ...right, nullable };
  if (left.kind === 'integer' && right.kind === 'integer') return typeOf('integer', nullable);
  if (isPlainNumber(left) && isPlainNumber(right)) return typeOf('float', nullable);
  return { kind: 'unknown', nullable };
}
