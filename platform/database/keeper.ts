import type { EmbeddedPostgres } from './embedded.ts';

const LOOK_MS = 2_000;

/**
 * Looks after the embedded PostgreSQL for as long as its process goes on: nobody else starts it again where it was killed, or ended because
 * its disk was full.
 * @returns what ends it
 */
export function keepRunning(embedded: Pick<EmbeddedPostgres, 'revive'>): () => Promise<void> {
  let timer: NodeJS.Timeout;
  let looking: Promise<unknown> = Promise.resolve();
  let isOver = false;
  const plan = () => {
    if (isOver) return;
    timer = setTimeout(() => {
      // A disk that is still full: the next look tries again.
      looking = embedded
        .revive()
        .catch(() => undefined)
        .finally(plan);
    }, LOOK_MS);
    timer.unref();
  };
  plan();
  return async () => {
    isOver = true;
    clearTimeout(timer);
    await looking;
  };
}
