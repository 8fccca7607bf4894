import { RunbookError } from '../../lib/errors.ts';

/**
 * The work's own result, or `interrupted` as soon as its caller gives up. The work is not stopped: others may wait for it as well.
 * @throws RunbookError `interrupted`, or what the work throws
 */
export async function unlessCancelled<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let give: (() => void) | undefined;
  const cancelled = new Promise<never>((_resolve, reject) => {
    give = () => reject(new RunbookError('interrupted', 'The call was cancelled.'));
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
  try {
    return await Promise.race([work, cancelled]);
  } finally {
    if (give) signal.removeEventListener('abort', give);
  }
}
