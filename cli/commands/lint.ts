import { lintRunbook } from '../../agent/lint.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import type { Register } from '../register.ts';

export const lint: Register = (command, exit) => {
  command.action(async (given: string | undefined) => {
    const runbook = loadRunbook(given);
    const { problems, unchecked } = await lintRunbook(runbook);
    for (const problem of problems) process.stderr.write(`${problem}\n`);
    for (const note of unchecked) process.stderr.write(`not checked: ${note}\n`);
    const { title } = runbook.manifest;
    const verdict =
      problems.length === 0 ? 'no problems' : `${problems.length} problem${problems.length > 1 ? 's' : ''}`;
    process.stdout.write(`${title}: ${runbook.steps.length} steps, ${verdict}\n`);
    exit(problems.length === 0 ? 0 : 2);
  });
};
