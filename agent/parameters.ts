import { RunbookError } from '../lib/errors.ts';
import { withinTime } from '../lib/within-time.ts';
import { knownNames } from './nearest.ts';
import type { Manifest, ParameterSpec } from './runbook/manifest.ts';

export type Parameters = Record<string, string | number | boolean>;

/**
 * The runbook's parameters after defaults, types and bounds.
 * @param given `name → text` from `-p name=value`
 * @throws RunbookError `usage` naming the parameter and what it takes
 */
export function resolveParameters(manifest: Manifest, given: Readonly<Record<string, string>>): Parameters {
  const values = givenParameters(manifest, given);
  return Object.fromEntries(
    Object.entries(manifest.parameters).map(([name, spec]) => {
      const value = Object.hasOwn(values, name) ? values[name] : spec.default;
      if (value !== undefined) return [name, inBounds(name, value, spec)];
      throw new RunbookError('usage', `The parameter ${name} is required.`, {
        at: name,
        hint: `Add -p ${name}=…: ${spec.description}`,
      });
    }),
  );
}

/** The parameters that are given, after types and bounds. @throws RunbookError as `resolveParameters` */
export function givenParameters(manifest: Manifest, given: Readonly<Record<string, string>>): Parameters {
  const names = Object.keys(manifest.parameters);
  return Object.fromEntries(
    Object.entries(given).map(([name, text]) => {
      const spec = names.includes(name) ? manifest.parameters[name] : undefined;
      if (spec) return [name, inBounds(name, convert(name, text, spec), spec)];
      const hint = knownNames(name, names, 'Its parameters');
      throw new RunbookError('usage', `-p ${name}: the runbook has no such parameter.`, { at: name, hint });
    }),
  );
}

function convert(name: string, text: string, spec: ParameterSpec): string | number | boolean {
  const refuse = (wanted: string) =>
    new RunbookError('usage', `-p ${name}=${text}: must be ${wanted}.`, { at: name, hint: spec.description });
  if (spec.type === 'string') {
    if (spec.pattern === undefined || matches(spec.pattern, text)) return text;
    throw refuse(`text that matches ${spec.pattern}`);
  }
  if (spec.type === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw refuse('true or false');
  }
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw refuse(spec.type === 'integer' ? 'a whole number' : 'a number');
  if (spec.type === 'integer' && !Number.isSafeInteger(value)) throw refuse('a whole number');
  return value;
}

const MATCH_MS = 250;

/** Patterns are a runbook's, and a runbook may be anybody's. */
function matches(pattern: string, text: string): boolean {
  const whole = new RegExp(`^(?:${pattern})$`, 'u');
  return withinTime(MATCH_MS, `The pattern ${pattern}`, () => whole.test(text));
}

function inBounds(name: string, value: string | number | boolean, spec: ParameterSpec): string | number | boolean {
  const { min, max } = spec;
  if (typeof value !== 'number' || (value >= (min ?? -Infinity) && value <= (max ?? Infinity))) return value;
  const range =
    max === undefined
      ? `must be at least ${min}`
      : min === undefined
        ? `must be at most ${max}`
        : `must lie between ${min} and ${max}`;
  throw new RunbookError('usage', `-p ${name}=${value}: ${range}.`, { at: name, hint: spec.description });
}
