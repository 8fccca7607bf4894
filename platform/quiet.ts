import type { DLogger } from '@dbos-inc/dbos-sdk';

/** What goes wrong is in the runs; DBOS repeats what it tells of a database that is away. */
export const QUIET: DLogger = {
  info: () => undefined,
  debug: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
