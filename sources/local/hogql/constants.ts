import type { QueryValue } from '../../source.ts';
import type { ConstantNode, Node } from './ast.ts';
import { hogqlError, type Place, placeOf } from './errors.ts';
import type { CompileOptions } from './scope.ts';
import type { Expr } from './tree.ts';
import { merged, type Type, typeOf } from './types.ts';

/** A literal of the query. */
export function literal(node: Node & ConstantNode): Expr {
  const at = placeOf(node);
  const place = at ? { at } : {};
  const { value, text } = node;
  if (node.value_type === 'number') {
    const name = String(value);
    const whole = /^-?\d+$/u.test(name);
    const plain = whole ? name : name === 'Infinity' ? 'inf' : name === '-Infinity' ? '-inf' : 'nan';
    return { kind: 'constant', value: Number(value), text: plain, type: typeOf(whole ? 'integer' : 'float'), ...place };
  }
  if (typeof value === 'number') {
    const written = writtenNumber(value, text);
    const type = typeOf(/[.eE]/u.test(written) ? 'float' : 'integer');
    return { kind: 'constant', value, text: written, type, ...place };
  }
  if (value !== null && typeof value !== 'string' && typeof value !== 'boolean')
    throw hogqlError('Unsupported literal.', node);
  return constant(value, at);
}

/** Whole numbers keep every digit, whole floats their point; other floats are written in the shortest way that reads back the same. */
export function writtenNumber(value: number, text: string | undefined): string {
  if (text !== undefined && /^-?\d+$/u.test(text)) return text;
  const plain = numberText(value);
  return text !== undefined && /^-?\d+$/u.test(plain) ? `${plain}.0` : plain;
}

/** A bound or computed value as a typed constant. */
export function constant(value: QueryValue, at?: Place): Expr {
  return { kind: 'constant', value, type: typeOfValue(value), ...(at ? { at } : {}) };
}

function typeOfValue(value: QueryValue): Type {
  if (value === null) return typeOf('null', true);
  if (typeof value === 'string') return typeOf('string');
  if (typeof value === 'boolean') return typeOf('boolean');
  if (typeof value === 'number') return typeOf(Number.isInteger(value) ? 'integer' : 'float');
  return typeOf('array', false, value.length > 0 ? [merged(value.map(typeOfValue))] : []);
}

/** A number as both dialects read it; a float keeps its point. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '0';
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return BigInt(value).toString();
  return String(value);
}

/** `{name}`: the value bound to it. `{filters}` without filters is true. */
export function placeholder(node: Node & { node: 'Placeholder' }, options: CompileOptions): Expr {
  if (node.expr.node !== 'Field') throw hogqlError('You can not use placeholders here', node);
  const name = node.expr.chain.join('.');
  const values = options.values ?? {};
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (value !== undefined) return constant(checked(value, name, node), placeOf(node));
  if (name === 'filters') return constant(true, placeOf(node));
  throw hogqlError(`Unresolved placeholder: {${name}}`, node, `Bind it: "values": {"${name}": …}.`);
}

function checked(value: unknown, name: string, node: Node): QueryValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value;
  if (Array.isArray(value)) return value.map((item: unknown) => checked(item, name, node));
  throw hogqlError(
    `The value of {${name}} is neither text, number, boolean, null nor a list.`,
    node,
    'Dates are bound as text: toDateTime({name}).',
  );
}
