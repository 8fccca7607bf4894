import { isArchive } from '../agent/archive/name.ts';
import { findRun } from '../agent/record/find.ts';
import { type RunRecord, readRecord } from '../agent/record/read.ts';
import { withFolder } from './with-folder.ts';

/**
 * The record of the run that a command is given: a results dir, an id, or an archive, which is unpacked for the time of the work.
 * @throws RunbookError `usage` where there is no such run, `log` for a damaged one
 */
export async function withRun<T>(given: string, work: (record: RunRecord) => Promise<T> | T): Promise<T> {
  if (!isArchive(given)) return work(readRecord(findRun(given)));
  const { unpackRun } = await import('../agent/archive/unpack.ts');
  return withFolder(async (folder) => {
    await unpackRun(given, folder);
    return work(readRecord(folder));
  });
}

/** What the run is called by, where it is given as an archive: its folder goes away. */
export function placeOf(given: string): string | undefined {
  return isArchive(given) ? given : undefined;
}
