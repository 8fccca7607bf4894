import { RunbookError } from '../lib/errors.ts';

/** How long a call may take to notice an interruption before the run goes on without it. */
const GRACE_MS = 2000;

/**
 * The work's own result, or `interrupted`: at the latest a short time after the signal, for work that does not listen to it.
 * @param onAbandon told when such work is left running
 * @throws RunbookError `interrupted`, or what the work throws
 */
export async function untilInterrupted<T>(signal: AbortSignal, work: Promise<T>, onAbandon: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  const interrupted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      timer = setTimeout(() => {
        onAbandon();
        reject(new RunbookError('interrupted', 'The run was interrupted.'));
      }, GRACE_MS);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, interrupted]);
  } catch (error) {
    if (signal.aborted) throw new RunbookError('interrupted', 'The run was interrupted.', { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
