import path from 'node:path';
import { ResultsDir } from '../../tools/results-dir.ts';
import type { PlatformRun } from '../store/runs.ts';

/** Where a run keeps what it leaves. */
export function runFolder(
  { runsDir }: { runsDir: string },
  { collectionId, trajectoryId }: Pick<PlatformRun, 'collectionId' | 'trajectoryId'>,
): string {
  return path.join(runsDir, collectionId, trajectoryId);
}

/** A JSON file of a run's folder; undefined where the run did not come so far. */
export function jsonIn(dir: string, file: string): unknown {
  try {
    return ResultsDir.open(dir).readJson(file);
  } catch {
    return undefined;
  }
}
