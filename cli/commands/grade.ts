import type { Command } from 'commander';
import { gradeResults, renderGrade } from '../../rubric/grade.ts';
import { ResultsDir } from '../../tools/results-dir.ts';

export function addGrade(program: Command, exit: (code: number) => void): void {
  program
    .command('grade')
    .argument('<results-dir>', 'what a run left')
    .option('--json', 'print grade.json')
    .description('Grade a results dir from its files.')
    .action(async (dir: string, flags: { json?: boolean }) => {
      const results = ResultsDir.open(dir);
      const grade = await gradeResults(results.root);
      process.stdout.write(flags.json ? `${JSON.stringify(grade, null, 2)}\n` : `${renderGrade(grade)}\n`);
      exit(grade.passed ? 0 : 1);
    });
}
