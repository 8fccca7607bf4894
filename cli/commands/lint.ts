import type { Command } from 'commander';
import { lintRunbook } from '../../agent/lint.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';

export function addLint(program: Command, exit: (code: number) => void): void {
  program
    .command('lint')
    .argument('[runbook]', 'runbook folder')
    .description('Check a runbook: manifest, templates, tool blocks, outputs.')
    .action(async (given: string | undefined) => {
      const runbook = loadRunbook(given);
      const problems = await lintRunbook(runbook);
      for (const problem of problems) process.stderr.write(`${problem}\n`);
      if (problems.length === 0)
        process.stdout.write(`${runbook.manifest.title}: ${runbook.steps.length} steps, no problems\n`);
      exit(problems.length === 0 ? 0 : 2);
    });
}
