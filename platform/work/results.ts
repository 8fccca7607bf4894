import { lstatSync } from 'node:fs';
import path from 'node:path';
import { ResultsDir } from '../../tools/results-dir.ts';
import type { PlatformRun } from '../store/run-row.ts';

/** Where a run keeps what it leaves. */
export function runFolder(
  { runsDir }: { runsDir: string },
  { collectionId, trajectoryId }: Pick<PlatformRun, 'collectionId' | 'trajectoryId'>,
): string {
  return path.join(runsDir, collectionId, trajectoryId);
}

/** A file of a run's folder, with its size; undefined where it is gone, or something else has taken its place (a link leads anywhere). */
export function plainFileIn(dir: string, file: string): { at: string; size: number } | undefined {
  try {
    const at = ResultsDir.open(dir).resolve(file);
    const stat = lstatSync(at);
    return stat.isFile() ? { at, size: stat.size } : undefined;
  } catch {
    return undefined;
  }
}

/** A JSON file of a run's folder; undefined where the run did not come so far. */
export function jsonIn(dir: string, file: string): unknown {
  try {
    return ResultsDir.open(dir).readJson(file);
  } catch {
    return undefined;
  }
}
