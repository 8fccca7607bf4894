import { isRunbook } from '../agent/runbook/load.ts';
import { RunbookError } from '../lib/errors.ts';

/**
 * What `--source` means: as given, else the live project where there is a key.
 * @throws RunbookError `usage`
 */
export function sourceSpecs(given: string[] | undefined, env: NodeJS.ProcessEnv): string[] {
  const runbook = given?.find(isRunbook);
  if (runbook !== undefined) {
    throw new RunbookError('usage', `--source ${runbook}: that is a runbook, and --source takes every name after it.`, {
      at: '--source',
      hint: `Name the runbook first: runbook run ${runbook} --source …`,
    });
  }
  if (given && given.length > 0) return given;
  if (env.POSTHOG_API_KEY) return ['posthog'];
  throw new RunbookError('usage', 'No source is given, and POSTHOG_API_KEY is not set.', {
    at: '--source',
    hint: 'Try --source sample, or --source FILE… for exported events, or set POSTHOG_API_KEY, POSTHOG_PROJECT_ID and POSTHOG_HOST.',
  });
}
