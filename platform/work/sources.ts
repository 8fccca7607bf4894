import { RunbookError } from '../../lib/errors.ts';
import type { Pool } from '../database/pool.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { findUpload, placeOf } from '../store/uploads.ts';

/** Sources that are no files. */
const NAMED = ['posthog', 'sample'];

/**
 * Where the files of a source lie. Only what was sent to the run's own collection can be read: a path of the server is none.
 * @throws RunbookError `usage` for any other
 */
export async function placesOfSource(
  { pool, uploadsDir }: { pool: Pool; uploadsDir: string },
  { collectionId }: Pick<PlatformRun, 'collectionId'>,
  specs: readonly string[],
): Promise<string[]> {
  return Promise.all(
    specs.map(async (spec) => {
      if (NAMED.includes(spec)) return spec;
      const upload = await findUpload(pool, collectionId, spec);
      if (upload) return placeOf(uploadsDir, upload);
      throw new RunbookError('usage', `init_params.source: ${JSON.stringify(spec)} is no source of this collection.`, {
        at: 'init_params.source',
        hint: 'Give posthog, sample, or the path of an uploaded file of events.',
      });
    }),
  );
}
