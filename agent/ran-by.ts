import { z } from 'zod';
import { RunbookError } from '../lib/errors.ts';
import type { ResultsDir } from '../tools/results-dir.ts';
import { EVENTS } from './results.ts';
import type { Runbook } from './runbook/manifest.ts';

const started = z.object({ type: z.literal('run_started'), runbook: z.object({ name: z.string().max(200) }) });

/**
 * What one runbook left is not graded as if it were another's.
 * @throws RunbookError `usage` where the run's log names another runbook
 */
export function assertRanBy(results: ResultsDir, { manifest }: Runbook): void {
  const name = loggedName(results);
  if (name === undefined || name === manifest.name) return;
  throw new RunbookError('usage', `These results are of the runbook ${name}, not of ${manifest.name}.`, {
    at: results.root,
    hint: `Add --runbook FOLDER, the folder of ${name}, so that they are graded by its rubric.`,
  });
}

/** The runbook of the first run that the log holds; undefined where there is no log, or it does not say. */
function loggedName(results: ResultsDir): string | undefined {
  const [first = ''] = results.exists(EVENTS) ? results.readText(EVENTS).split('\n', 1) : [];
  try {
    return started.safeParse(JSON.parse(first)).data?.runbook.name;
  } catch {
    return undefined;
  }
}
