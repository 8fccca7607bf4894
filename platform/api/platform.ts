import type { Pool } from '../database/pool.ts';
import type { Cipher } from '../secrets/cipher.ts';
import type { RunQueue } from '../work/queue.ts';

/** What the API and the pages work with. */
export interface Platform {
  pool: Pool;
  cipher: Cipher;
  queue: RunQueue;
  /** Results of runs: `<collection id>/<trajectory id>/`. */
  runsDir: string;
  /** Files that clients sent: `<collection id>/<upload id>/<name>`. */
  uploadsDir: string;
}
