import { gradeResults, renderGrade } from '../../rubric/grade.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import type { Register } from '../register.ts';

export const grade: Register = (command, exit) => {
  command.action(async (dir: string, flags: { json?: boolean }) => {
    const result = await gradeResults(ResultsDir.open(dir).root);
    process.stdout.write(flags.json ? `${JSON.stringify(result, null, 2)}\n` : `${renderGrade(result).trimEnd()}\n`);
    exit(result.passed ? 0 : 1);
  });
};
