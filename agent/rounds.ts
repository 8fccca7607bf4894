import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type ErrorCode, RunbookError } from '../lib/errors.ts';
import type { Grade, GradeOptions } from '../rubric/grade.ts';
import type { Judge } from '../rubric/judge/judge.ts';
import { loadRubric, type Rubric } from '../rubric/load.ts';
import type { ResultsDir } from '../tools/results-dir.ts';
import { withComputed } from './computed.ts';
import type { EventBody } from './events.ts';
import { GRADE } from './results.ts';
import type { Runbook } from './runbook/manifest.ts';

interface RoundsOptions {
  runbook: Runbook;
  results: ResultsDir;
  /** At most so many rounds, and no more than the rubric allows. */
  rounds: number;
  judge: Judge | undefined;
  emit(event: EventBody): void;
  /** Performs the next round: mends what the grade found. Undefined where nobody can, with the reason. */
  mend: { perform(round: number): Promise<void> } | { reason: string };
}

interface Round {
  number: number;
  grade: Grade;
  /** What mending may change, as this round left it. */
  files: Map<string, Buffer>;
}

/** The rubric that a runbook is graded by, and the files that it must leave where it is not the trace optimizer. */
export async function gradingOf({ dir, manifest }: Runbook): Promise<{ rubric: Rubric; outputs?: string[] }> {
  if (manifest.rubric === undefined) return { rubric: await loadRubric() };
  const outputs = manifest.outputs.filter(({ required }) => required).map((output) => output.path);
  return { rubric: await loadRubric(path.join(dir, manifest.rubric)), outputs };
}

/**
 * Grades the results; where they do not pass, lets them be mended and grades again. The best round is the one that is kept: its files and
 * its grade are in the results dir at the end, also where a later round fails.
 * @throws what mending throws (`agent_budget`, `interrupted`), after the best round is back in place
 */
export async function gradeInRounds(options: RoundsOptions): Promise<Grade> {
  const { runbook, results, judge, emit, mend } = options;
  const grading: GradeOptions = { ...(await gradingOf(runbook)), ...(judge ? { judge } : {}) };
  const of = Math.min(options.rounds, grading.rubric?.thresholds.rounds ?? 1);
  let best = await gradeRound(1, options, grading);
  try {
    for (let number = 1; ; number += 1) {
      const current = number === 1 ? best : await gradeRound(number, options, grading);
      if (isBetter(current.grade, best.grade)) best = current;
      const last = current.grade.passed || number === of || 'reason' in mend;
      const note = current.grade.passed || of === 1 ? null : noteOf(options, { number, of, best });
      emit({ type: 'round_finished', round: number, of, passed: current.grade.passed, note });
      if (last) return best.grade;
      if (!(await mended(() => mend.perform(number + 1)))) return best.grade;
    }
  } finally {
    await restore(results, best);
  }
}

async function gradeRound(
  number: number,
  { runbook, results, emit }: RoundsOptions,
  grading: GradeOptions,
): Promise<Round> {
  const { gradeResults } = await import('../rubric/grade.ts');
  const keep = async (grade: Grade) => {
    emit(gradedEvent(number, grade));
    await results.writeJson(GRADE, { ...grade, round: number });
    return grade;
  };
  let grade: Grade;
  try {
    grade = await keep(await gradeResults(results.root, { ...grading, ...withComputed(results) }));
  } catch (error) {
    // The money for a judge is gone, but what the checks say costs nothing.
    const { judge: _judge, ...byChecks } = grading;
    if (error instanceof RunbookError && error.code === 'agent_budget')
      await keep(await gradeResults(results.root, { ...byChecks, ...withComputed(results) }));
    throw error;
  }
  const paths = runbook.mend?.outputs ?? [];
  const files = paths.filter((file) => existsSync(results.resolve(file)));
  return { number, grade, files: new Map(files.map((file) => [file, readFileSync(results.resolve(file))])) };
}

async function restore(results: ResultsDir, { number, grade, files }: Round): Promise<void> {
  for (const [file, content] of files) {
    if (!existsSync(results.resolve(file)) || !readFileSync(results.resolve(file)).equals(content))
      await results.write(file, content);
  }
  await results.writeJson(GRADE, { ...grade, round: number });
}

/** A round that cannot be made leaves the best one so far; one for which there is no budget or no time left ends the run. */
async function mended(perform: () => Promise<void>): Promise<boolean> {
  try {
    await perform();
    return true;
  } catch (error) {
    if (error instanceof RunbookError && !ENDS_RUN.has(error.code)) return false;
    throw error;
  }
}

const ENDS_RUN = new Set<ErrorCode>(['agent_budget', 'budget', 'interrupted', 'io', 'log']);

/** Passed before not passed, then by gates, by the average, and by claims that hold; of two alike the earlier stays. */
function isBetter(a: Grade, b: Grade): boolean {
  const rank = ({ passed, gates, average, claims }: Grade) => [
    passed ? 1 : 0,
    -gates.filter((gate) => !gate.passed).length,
    average,
    -claims.failed.length,
  ];
  const [left, right] = [rank(a), rank(b)];
  const at = left.findIndex((value, index) => value !== right[index]);
  return at >= 0 && (left[at] ?? 0) > (right[at] ?? 0);
}

function noteOf({ mend }: RoundsOptions, { number, of, best }: { number: number; of: number; best: Round }): string {
  if ('reason' in mend) return mend.reason;
  if (number < of) return `round ${number} of ${of} did not pass; the reasons go back to the agent`;
  return `no round passed; round ${best.number} is the best and was kept`;
}

function gradedEvent(round: number, grade: Grade): EventBody {
  return {
    type: 'graded',
    round,
    average: grade.average,
    passed: grade.passed,
    scores: grade.criteria.map(({ id, name, score, reasons }) => ({ id, name, score, reasons })),
    failed_gates: grade.gates.filter((gate) => !gate.passed).map((gate) => `${gate.name}: ${gate.detail}`),
    claims: { checked: grade.claims.checked, verified: grade.claims.verified },
    judge: grade.judge.kind === 'model' ? grade.judge.model : null,
  };
}
