import { type ErrorCode, RunbookError } from '../lib/errors.ts';

/** Done and passed; done, not passed; a gate stopped the run; a budget ran out; failed; interrupted. */
export type RunExit = 0 | 1 | 3 | 4 | 5 | 130;

/** Failures that mean "the data cannot be read": before the first step and in a gate step they stop the run with exit 3. */
const GATE_CODES = new Set<ErrorCode>([
  'gate',
  'auth',
  'forbidden',
  'not_found',
  'network',
  'config',
  'timeout',
  'server',
  'rate_limited',
  'budget',
  'bad_response',
  'hogql',
]);

export function stopsAtGate(error: unknown): boolean {
  return error instanceof RunbookError && GATE_CODES.has(error.code);
}

/** Exit code of a failure that is not a gate's. */
export function exitOfFailure(error: unknown): RunExit {
  if (!(error instanceof RunbookError)) return 5;
  if (error.code === 'budget' || error.code === 'agent_budget') return 4;
  return error.code === 'interrupted' ? 130 : 5;
}
