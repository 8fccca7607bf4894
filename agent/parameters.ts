import { RunbookError } from '../lib/errors.ts';
import type { Manifest, ParameterSpec } from './runbook/manifest.ts';

export type Parameters = Record<string, string | number | boolean>;

/**
 * The runbook's parameters after defaults, types and bounds.
 * @param given `name → text` from `-p name=value`
 * @throws RunbookError `usage` naming the parameter and what it takes
 */
export function resolveParameters(manifest: Manifest, given: Readonly<Record<string, string>>): Parameters {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(manifest.parameters, name)) {
      throw new RunbookError('usage', `-p ${name}: the runbook has no such parameter.`, {
        at: name,
        hint: `It has: ${Object.keys(manifest.parameters).join(', ')}.`,
      });
    }
  }
  return Object.fromEntries(
    Object.entries(manifest.parameters).map(([name, spec]) => {
      const text = Object.hasOwn(given, name) ? given[name] : undefined;
      const value = text === undefined ? spec.default : convert(name, text, spec);
      if (value === undefined)
        throw new RunbookError('usage', `The parameter ${name} is required.`, {
          at: name,
          hint: `Add -p ${name}=…: ${spec.description}`,
        });
      return [name, inBounds(name, value, spec)];
    }),
  );
}

function convert(name: string, text: string, spec: ParameterSpec): string | number | boolean {
  if (spec.type === 'string') return text;
  if (spec.type === 'boolean') {
    if (/^(?:true|false)$/u.test(text)) return text === 'true';
    throw new RunbookError('usage', `-p ${name}=${text}: must be true or false.`, { at: name });
  }
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || (spec.type === 'integer' && !Number.isInteger(value))) {
    throw new RunbookError(
      'usage',
      `-p ${name}=${text}: must be ${spec.type === 'integer' ? 'a whole number' : 'a number'}.`,
      { at: name, hint: spec.description },
    );
  }
  return value;
}

function inBounds(name: string, value: string | number | boolean, spec: ParameterSpec): string | number | boolean {
  if (typeof value !== 'number') return value;
  if ((spec.min !== undefined && value < spec.min) || (spec.max !== undefined && value > spec.max)) {
    throw new RunbookError(
      'usage',
      `-p ${name}=${value}: must lie between ${spec.min ?? '-∞'} and ${spec.max ?? '∞'}.`,
      { at: name, hint: spec.description },
    );
  }
  return value;
}
