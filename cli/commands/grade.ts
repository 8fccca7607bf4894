import type { Runbook } from '../../agent/runbook/manifest.ts';
import { RunbookError } from '../../lib/errors.ts';
import { writeFileAtomic } from '../../lib/files.ts';
import type { Gate } from '../../rubric/gates.ts';
import type { Grade, GradeOptions } from '../../rubric/grade.ts';
import type { Rubric } from '../../rubric/load.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import { loadEnv } from '../env.ts';
import type { gradingJudge } from '../judge.ts';
import { parseCost, parsePairs, parseTime } from '../options.ts';
import type { Register } from '../register.ts';
import { sourceSpecs } from '../sources.ts';

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
  source?: string[];
  param?: string[];
  asOf?: string;
}

const JUDGES = ['auto', 'model', 'checks'];

export const grade: Register = (command, exit) => {
  command.action(async (dir: string, flags: GradeFlags) => {
    assertOneStream(flags);
    const { loadRunbook } = await import('../../agent/runbook/load.ts');
    const runbook = loadRunbook(flags.runbook);
    const asked = await readFlags(flags, runbook);
    const results = ResultsDir.open(dir);
    const { assertRanBy } = await import('../../agent/ran-by.ts');
    assertRanBy(results, runbook);
    const { withComputed } = await import('../../agent/computed.ts');
    const { gradingOf } = await import('../../agent/rounds.ts');
    const { gradeResults } = await import('../../rubric/grade.ts');
    const options = await gradingOf(runbook, flags.rubric);
    const judging = await judgingFor(flags, { rubric: options.rubric, results, env: loadEnv() });
    const gates = flags.source === undefined ? [] : [await askSourceAgain(results, runbook, asked)];
    const result = await gradeResults(results.root, withComputed(results, { ...options, ...judging, gates }));
    await write(result, options.rubric, flags);
    exit(exitOf(result));
  });
};

interface Asked {
  source: string[] | undefined;
  parameters: Record<string, string>;
  time: Date | undefined;
}

/** What the flags say. All are checked, also those that this grading makes no use of. @throws RunbookError `usage` */
async function readFlags(flags: GradeFlags, { manifest }: Runbook): Promise<Asked> {
  const { agentModel } = await import('../../agent/drivers/claude/models.ts');
  const { providerOf } = await import('../../agent/drivers/claude/providers.ts');
  const { givenParameters } = await import('../../agent/parameters.ts');
  if (!JUDGES.includes(flags.judge))
    throw new RunbookError('usage', `--judge ${flags.judge}: there is no such judge.`, {
      at: '--judge',
      hint: `Use one of ${JUDGES.join(', ')}.`,
    });
  parseCost(flags.maxCost);
  const provider = providerOf({}, flags.provider, undefined) ?? 'anthropic';
  if (flags.judgeModel !== undefined) await agentModel(flags.judgeModel, provider);
  const parameters = parsePairs(flags.param);
  givenParameters(manifest, parameters);
  return { source: flags.source, parameters, time: parseTime(flags.asOf) };
}

/** Where only money was lacking for the judge, the exit code says so. */
function exitOf({ verdict, judge }: Grade): number {
  if (verdict === 'passed') return 0;
  const isSpent = judge.kind === 'model' && judge.stopped?.code === 'agent_budget';
  return verdict === 'not_judged' && isSpent ? 4 : 1;
}

/** The gate that asks the source again. @throws RunbookError where it cannot be asked */
async function askSourceAgain(results: ResultsDir, runbook: Runbook, asked: Asked): Promise<Gate> {
  const { requery } = await import('../../agent/requery.ts');
  const { openSource } = await import('../../sources/open-source.ts');
  const env = loadEnv();
  const specs = sourceSpecs(asked.source, env);
  return requery({
    runbook,
    results,
    source: (then) => openSource(specs, { env, asOf: asked.time ?? then }),
    parameters: asked.parameters,
    env,
    signal: new AbortController().signal,
  });
}

/** A model judges where there is a key for one, unless the checks alone are asked for. */
async function judgingFor(
  flags: GradeFlags,
  context: Parameters<typeof gradingJudge>[1],
): Promise<Pick<GradeOptions, 'judge' | 'mustJudge'>> {
  if (flags.judge === 'checks') return {};
  const { gradingJudge } = await import('../judge.ts');
  const judge = await gradingJudge(flags, context);
  return judge ? { judge, mustJudge: flags.judge === 'model' } : {};
}

/** Where a file is called `-` its text goes to stdout, in the place of the text for a terminal. */
async function write(result: Grade, rubric: Rubric, { json, junit, markdown }: GradeFlags): Promise<void> {
  const { renderGrade } = await import('../../rubric/render/text.ts');
  const { renderJunit } = await import('../../rubric/render/junit.ts');
  const { renderMarkdown } = await import('../../rubric/render/markdown.ts');
  const asked = [
    { to: junit, text: () => renderJunit(result, rubric.thresholds) },
    { to: markdown, text: () => renderMarkdown(result) },
    { to: json ? '-' : undefined, text: () => JSON.stringify(result, null, 2) },
  ];
  for (const { to, text } of asked) if (to !== undefined && to !== '-') await writeFileAtomic(to, text());
  const printed = asked.filter(({ to }) => to === '-').map(({ text }) => text());
  for (const text of printed.length > 0 ? printed : [renderGrade(result)]) process.stdout.write(`${text.trimEnd()}\n`);
}

/** Two texts in one stream would be neither. @throws RunbookError `usage` */
function assertOneStream({ json, junit, markdown }: GradeFlags): void {
  if ([json === true, junit === '-', markdown === '-'].filter(Boolean).length < 2) return;
  throw new RunbookError('usage', 'Only one of --json, --junit - and --markdown - can go to stdout.', {
    at: '--json',
    hint: 'Give the others a file.',
  });
}
