import { Script } from 'node:vm';
import { RunbookError } from './errors.ts';

const CALL = new Script('work()');

/**
 * Does synchronous work on what somebody else wrote, and ends it where it takes too long: a regular expression, or a text that makes a
 * parser slow, would hold up everything else in the process.
 * @param what it is about, for the error
 * @throws RunbookError `usage` where the time is over, and what the work throws
 */
export function withinTime<T>(ms: number, what: string, work: () => T): T {
  try {
    return CALL.runInNewContext({ work }, { timeout: ms }) as T;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw cause;
    throw new RunbookError('usage', `${what} takes longer than ${ms} ms.`, {
      at: what,
      hint: 'Make it simpler or shorter.',
      cause,
    });
  }
}
