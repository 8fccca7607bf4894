import { RunbookError } from '../../../lib/errors.ts';
import {
  type Address,
  type GuardedAnswer,
  type GuardedRequest,
  guardedRequest,
} from '../../../platform/network/guard.ts';

/** Public by the table (AS112, RFC 7535); no test connects to it. */
export const PUBLIC: Address = { address: '192.31.196.1', family: 4 };
/** Of the loopback, where nothing listens: for tests that take it for public (`vi.mock`). */
export const SINK: Address = { address: '127.0.0.2', family: 4 };
export const LOOPBACK: Address = { address: '127.0.0.1', family: 4 };

type Given = Partial<GuardedRequest> & Pick<GuardedRequest, 'url'>;

export function ask(given: Given): Promise<GuardedAnswer> {
  return guardedRequest({ method: 'GET', timeoutMs: 5000, maxBytes: 1000, allow: {}, ...given });
}

export async function refusal(given: Given): Promise<RunbookError> {
  const outcome = await ask(given).catch((error: unknown) => error);
  if (outcome instanceof RunbookError) return outcome;
  throw new Error(`not refused: ${String(outcome)}`);
}

/** Gives one list of addresses after another, the last one for ever; keeps what it was asked. */
export function resolver(...answers: Address[][]) {
  const asked: string[] = [];
  return {
    asked,
    resolve: async (host: string) => {
      asked.push(host);
      return answers[Math.min(asked.length, answers.length) - 1] ?? [];
    },
  };
}
