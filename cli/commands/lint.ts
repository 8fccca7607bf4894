import { lintRunbook } from '../../agent/lint.ts';
import type { Runbook } from '../../agent/runbook/manifest.ts';
import { withRunbook } from '../given-runbook.ts';
import type { Register } from '../register.ts';

export const lint: Register = (command, exit) => {
  command.action(async (given: string | undefined) => exit(await withRunbook(given, check)));
};

/** @returns the exit code */
async function check(runbook: Runbook): Promise<number> {
  const { problems, unchecked } = await lintRunbook(runbook);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  for (const note of unchecked) process.stderr.write(`not checked: ${note}\n`);
  const { title } = runbook.manifest;
  const verdict = problems.length === 0 ? 'no problems' : `${problems.length} problem${problems.length > 1 ? 's' : ''}`;
  process.stdout.write(`${title}: ${runbook.steps.length} steps, ${verdict}\n`);
  return problems.length === 0 ? 0 : 2;
}
