import { forkRun } from '../../agent/fork.ts';
import { readRecord } from '../../agent/record/read.ts';
import type { RunOptions } from '../../agent/run-options.ts';
import type { Runbook } from '../../agent/runbook/manifest.ts';
import { RunbookError } from '../../lib/errors.ts';
import type { Pool } from '../database/pool.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { runById } from '../store/runs.ts';
import { runFolder } from './results.ts';

/** The results dir of the run that a run is forked from; undefined where it is gone. */
export async function parentDir(pool: Pool, runsDir: string, run: PlatformRun): Promise<string | undefined> {
  const parent = run.parentId === null ? undefined : await runById(pool, run.parentId);
  // A row of another collection can be no parent, whoever wrote it.
  if (parent?.collectionId !== run.collectionId) return undefined;
  return runFolder({ runsDir }, parent);
}

/**
 * What a fork takes over: the steps before the one that it begins with, with their files.
 * @throws RunbookError `usage` where the parent is gone, did not come so far, or a parameter is none
 */
export function forkOptions(
  parent: string | undefined,
  wanted: { step: number; runbook: Runbook; parameters: Readonly<Record<string, string>>; resultsDir: string },
): Pick<RunOptions, 'params' | 'resultsDir' | 'earlier' | 'overwrite' | 'prepare'> {
  if (parent === undefined)
    throw new RunbookError('usage', 'The run that this one is forked from is no longer there.', {
      hint: 'Make a new run of the task.',
    });
  const { options, prepare } = forkRun(readRecord(parent), wanted);
  return { ...options, prepare };
}
