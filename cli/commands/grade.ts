import { RunbookError } from '../../lib/errors.ts';
import { writeFileAtomic } from '../../lib/files.ts';
import type { Grade, GradeOptions } from '../../rubric/grade.ts';
import { loadRubric, type Rubric } from '../../rubric/load.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import { loadEnv } from '../env.ts';
import type { Register } from '../register.ts';

interface GradeFlags {
  json?: boolean;
  junit?: string;
  markdown?: string;
  rubric?: string;
  runbook?: string;
  judge: string;
  judgeModel?: string;
  provider?: string;
  maxCost?: string;
}

const JUDGES = ['auto', 'model', 'checks'];

export const grade: Register = (command, exit) => {
  command.action(async (dir: string, flags: GradeFlags) => {
    const results = ResultsDir.open(dir);
    const { withComputed } = await import('../../agent/computed.ts');
    const { gradeResults } = await import('../../rubric/grade.ts');
    const options = await gradingFor(flags);
    const judge = await judgeFor(flags, options.rubric);
    const result = await gradeResults(results.root, { ...options, ...withComputed(results), ...judge });
    await write(result, options.rubric, flags);
    exit(result.passed ? 0 : 1);
  });
};

async function gradingFor(flags: GradeFlags): Promise<GradeOptions & { rubric: Rubric }> {
  if (flags.runbook === undefined) return { rubric: await loadRubric(flags.rubric) };
  const { loadRunbook } = await import('../../agent/runbook/load.ts');
  const { gradingOf } = await import('../../agent/rounds.ts');
  const grading = await gradingOf(loadRunbook(flags.runbook));
  return flags.rubric === undefined ? grading : { ...grading, rubric: await loadRubric(flags.rubric) };
}

/** A model judges where there is a key for one, unless the checks alone are asked for. */
async function judgeFor(flags: GradeFlags, rubric: Rubric): Promise<Pick<GradeOptions, 'judge'>> {
  if (!JUDGES.includes(flags.judge))
    throw new RunbookError('usage', `--judge ${flags.judge}: there is no such judge.`, {
      at: '--judge',
      hint: `Use one of ${JUDGES.join(', ')}.`,
    });
  if (flags.judge === 'checks') return {};
  const { gradingJudge } = await import('../judge.ts');
  const judge = await gradingJudge(flags, rubric, loadEnv());
  return judge ? { judge } : {};
}

async function write(result: Grade, rubric: Rubric, { json, junit, markdown }: GradeFlags): Promise<void> {
  const { renderGrade } = await import('../../rubric/render/text.ts');
  if (junit !== undefined) {
    const { renderJunit } = await import('../../rubric/render/junit.ts');
    await writeFileAtomic(junit, renderJunit(result, rubric.thresholds));
  }
  if (markdown !== undefined) {
    const { renderMarkdown } = await import('../../rubric/render/markdown.ts');
    await writeFileAtomic(markdown, renderMarkdown(result));
  }
  process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : `${renderGrade(result).trimEnd()}\n`);
}
