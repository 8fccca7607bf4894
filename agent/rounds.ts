import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type ErrorCode, RunbookError } from '../lib/errors.ts';
import type { Grade, GradeOptions } from '../rubric/grade.ts';
import type { Judge } from '../rubric/judge/contract.ts';
import type { Subject } from '../rubric/judge/subject.ts';
import { loadRubric, type Rubric } from '../rubric/load.ts';
import type { ResultsDir } from '../tools/results-dir.ts';
import { withComputed } from './computed.ts';
import type { EventBody } from './events.ts';
import { gradeReasons } from './grade-reasons.ts';
import { GRADE, REPORT } from './results.ts';
import type { Runbook } from './runbook/manifest.ts';

interface RoundsOptions {
  runbook: Runbook;
  results: ResultsDir;
  /** At most so many rounds, and no more than the rubric allows. */
  rounds: number;
  judge: Judge | undefined;
  emit(event: EventBody): void;
  /** Logs the artifacts that are new or changed. */
  emitArtifacts(): void;
  /** What an earlier process of the run has graded and mended already. */
  earlier?: EarlierRounds | undefined;
  /** Mends what the grade found, told in words (`gradeReasons`), or why nobody can. */
  mend: { perform(reasons: string): Promise<void> } | { reason: string };
}

export interface EarlierRounds {
  rounds: Round[];
  /** After how many of them the report was mended. */
  mended: number;
}

export interface Round {
  number: number;
  grade: Grade;
  /** What mending may change, as this round left it. */
  files: Map<string, Buffer>;
}

/**
 * The rubric that a runbook is graded by, what a judge reads, and the files that it must leave where it is not the trace optimizer.
 * @param rubric a file in the place of the runbook's own
 */
export async function gradingOf(
  { dir, manifest }: Runbook,
  rubric?: string,
): Promise<{ rubric: Rubric; subject: Subject; outputs?: string[] }> {
  const { title, description } = manifest;
  if (manifest.rubric === undefined)
    return { rubric: await loadRubric(rubric), subject: { title, description, files: [REPORT] } };
  const subject = { title, description, files: judgedFiles(manifest) };
  const outputs = manifest.outputs.filter(({ required }) => required).map((output) => output.path);
  return { rubric: await loadRubric(rubric ?? path.join(dir, manifest.rubric), outputs), subject, outputs };
}

const TEXT = /\.(?:md|markdown|txt|rst|adoc|html?|json|jsonl|csv|tsv|ya?ml|xml)$/iu;

/** The headline deliverables, as far as they are texts; where none is, every text among the outputs. */
function judgedFiles({ primary_outputs, outputs }: Runbook['manifest']): string[] {
  const primary = primary_outputs.filter((file) => TEXT.test(file));
  return primary.length > 0 ? primary : outputs.map((output) => output.path).filter((file) => TEXT.test(file));
}

/**
 * Grades the results; where they do not pass, lets them be mended and grades again. The best round is the one that is kept: its files and
 * its grade are in the results dir at the end, also where a later round fails.
 * @throws what mending throws (`agent_budget`, `interrupted`), after the best round is back in place
 */
export async function gradeInRounds(options: RoundsOptions): Promise<Grade> {
  const { runbook, results, judge, emit, emitArtifacts, mend } = options;
  const grading: GradeOptions = { ...(await gradingOf(runbook)), ...(judge ? { judge, mustJudge: true } : {}) };
  const of = Math.min(options.rounds, grading.rubric?.thresholds.rounds ?? 1);
  const { rounds: known, mended: done } = options.earlier ?? { rounds: [], mended: 0 };
  let best = known[0] ?? (await gradeRound(1, options, grading));
  try {
    for (let number = 1; ; number += 1) {
      const current = number === 1 ? best : (known[number - 1] ?? (await gradeRound(number, options, grading)));
      if (isBetter(current.grade, best.grade)) best = current;
      if (number <= done) continue;
      if (number <= known.length) await putGrade(results, current);
      emitArtifacts();
      assertAffordable(current.grade);
      // What nobody could judge gives no reasons to mend by.
      const last = current.grade.verdict !== 'failed' || number === of || 'reason' in mend;
      const note = current.grade.passed || of === 1 ? null : noteOf(options, { number, of, best, current });
      emit({ type: 'round_finished', round: number, of, passed: current.grade.passed, note });
      if (last) return best.grade;
      if (!(await mended(() => mend.perform(gradeReasons(current.grade, number))))) return best.grade;
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
  const grade = await gradeResults(results.root, withComputed(results, grading));
  emit(gradedEvent(number, grade));
  await results.writeJson(GRADE, { ...grade, round: number });
  const paths = runbook.mend?.outputs ?? [];
  const files = paths.filter((file) => existsSync(results.resolve(file)));
  return { number, grade, files: new Map(files.map((file) => [file, readFileSync(results.resolve(file))])) };
}

/** Where there is no money for a judge there is none for mending: what was judged is kept, and the run says what it lacked. */
function assertAffordable({ passed, judge }: Grade): void {
  if (passed || judge.kind !== 'model' || judge.stopped?.code !== 'agent_budget') return;
  throw new RunbookError('agent_budget', judge.stopped.reason, { hint: 'Raise it with --max-cost.' });
}

async function restore(results: ResultsDir, round: Round): Promise<void> {
  for (const [file, content] of round.files) {
    if (!existsSync(results.resolve(file)) || !readFileSync(results.resolve(file)).equals(content))
      await results.write(file, content);
  }
  await putGrade(results, round);
}

/** Another round's may be there, or none: a round that an earlier process graded. */
async function putGrade(results: ResultsDir, { number, grade }: Round): Promise<void> {
  const there = results.exists(GRADE) ? (results.readJson(GRADE) as { round?: number }).round : undefined;
  if (there !== number) await results.writeJson(GRADE, { ...grade, round: number });
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

/**
 * Passed before not passed, then by gates, by judgements that are missing (without them an average says less than it seems to), by the
 * average, and by claims that hold; of two alike the earlier stays.
 */
function isBetter(a: Grade, b: Grade): boolean {
  const rank = ({ passed, gates, judge, average, claims }: Grade) => [
    passed ? 1 : 0,
    -gates.filter((gate) => !gate.passed).length,
    judge.kind === 'model' ? -judge.criteria.filter(({ median }) => median === null).length : 0,
    average,
    -claims.failed.length,
  ];
  const [left, right] = [rank(a), rank(b)];
  const at = left.findIndex((value, index) => value !== right[index]);
  return at >= 0 && (left[at] ?? 0) > (right[at] ?? 0);
}

function noteOf(
  { mend }: RoundsOptions,
  { number, of, best, current }: { number: number; of: number; best: Round; current: Round },
): string {
  if (current.grade.verdict === 'not_judged') return 'a judgement is missing, so that the report does not pass';
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
    failed_gates: grade.gates
      .filter((gate) => !gate.passed)
      .map(({ name, detail }) => `${name}: ${detail.replaceAll('\n', '; ')}`),
    claims: { checked: grade.claims.checked, verified: grade.claims.verified },
    judge: grade.judge.kind === 'model' ? grade.judge.model : null,
  };
}
