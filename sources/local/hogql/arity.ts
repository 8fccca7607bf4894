import type { Arity } from './catalogue.ts';
import { hogqlError, type Placed } from './errors.ts';

/** Refuses a wrong number of arguments or parameters in PostHog's words. */
export function checkArity(
  found: number,
  { min, max }: Arity,
  name: string,
  node: Placed,
  term: 'Function' | 'Aggregation',
  what: 'argument' | 'parameter' = 'argument',
): void {
  const count = (n: number) => `${n} ${what}${n === 1 ? '' : 's'}`;
  if (found >= min && found <= max) return;
  const expects = min === max ? count(min) : found < min ? `at least ${count(min)}` : `at most ${count(max)}`;
  throw hogqlError(`${term} '${name}' expects ${expects}, found ${found}`, node);
}
