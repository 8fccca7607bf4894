import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../lib/errors.ts';
import { type Loaded, readArtifacts, readText } from './artifacts.ts';
import type { Claim } from './claim.ts';
import { readClaims, summarise } from './claims.ts';
import { computedClaims } from './computed-claims.ts';
import { actionability } from './criteria/actionability.ts';
import { costAnalysis } from './criteria/cost-analysis.ts';
import type { Evidence, Scored } from './criteria/criterion.ts';
import { evidence } from './criteria/evidence.ts';
import { qualitativeDepth } from './criteria/qualitative-depth.ts';
import { roadmap } from './criteria/roadmap.ts';
import { checkGates, type Gate } from './gates.ts';
import type { CheckId } from './ids.ts';
import { changedSince } from './integrity.ts';
import type { Judge } from './judge/contract.ts';
import { type Judged, type Judgement, judgeReport } from './judge/judge.ts';
import { judgeNotes, judgeReasons } from './judge/reasons.ts';
import { type Subject, subjectText } from './judge/subject.ts';
import { knownValues } from './known-values.ts';
import { type Criterion, loadRubric, type Rubric } from './load.ts';
import { pictureFaults } from './pictures.ts';
import { readReport } from './report.ts';
import { isEvidence } from './sources.ts';
import { minRecommendations, settingsOf, validate } from './validate.ts';

export interface GradedCriterion {
  id: string;
  name: string;
  weight: number;
  /** 1 to 5; null where nothing computes it and no model judged it. */
  score: number | null;
  reasons: string[];
  /** What the checks allow; null where none speaks to it. */
  checks: number | null;
}

/** `grade.json` */
export interface Grade {
  criteria: GradedCriterion[];
  /** Weighted mean of the scores, two decimals. */
  average: number;
  passed: boolean;
  /** `not_judged`: nothing known speaks against it, but a judgement that was asked for is missing. It does not pass. */
  verdict: 'passed' | 'failed' | 'not_judged';
  /** Why the verdict is what it is, where scores and gates do not say so. */
  notes: string[];
  gates: Gate[];
  claims: ReturnType<typeof summarise>;
  judge: Judged | { kind: 'checks' };
  /** SHA-256 of the rubric as it was loaded and of what was graded (recommendations.md, or the files of another runbook). */
  digests: { rubric: string; report: string | null };
}

export interface GradeOptions {
  /** Default: the rubric that ships with the trace optimizer. */
  rubric?: Rubric;
  /** Files that must exist and hold something, where the runbook is not the trace optimizer. */
  outputs?: readonly string[];
  /** What a judge reads and is told of it, where a runbook says so; default: recommendations.md. */
  subject?: Subject;
  /** The report's files as its data files alone give them, where they come from the report's template; by name. */
  computed?: Readonly<Record<string, string>>;
  /** A model that judges what the checks cannot. */
  judge?: Judge;
  /** The report does not pass unless the judge could be asked. */
  mustJudge?: boolean;
  /** Gates that others have checked, who may ask the source again. */
  gates?: readonly Gate[];
}

const SCORERS: Record<CheckId, (input: Evidence) => Scored> = {
  evidence,
  cost_analysis: costAnalysis,
  qualitative_depth: qualitativeDepth,
  actionability,
  roadmap,
};

/**
 * Grades a results dir from its files alone; without a judge the same files give the same grade. What is missing or broken lowers scores
 * and fails gates; it never throws.
 * @throws RunbookError `usage` where there is no such folder, `runbook_invalid` where the rubric does not load
 */
export async function gradeResults(dir: string, options: GradeOptions = {}): Promise<Grade> {
  const root = path.resolve(dir);
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw new RunbookError('usage', `There is no results dir at ${root}.`, {
      hint: 'Give the folder that a run wrote.',
    });
  }
  const rubric = options.rubric ?? (await loadRubric());
  const artifacts = readArtifacts(root);
  const text = artifacts.report.value ?? '';
  const report = await readReport(text);
  const known = knownValues(artifacts, options.outputs);
  const summary = await readReport(artifacts.summary.value ?? '');
  const claims: Claim[] = [
    ...readClaims(report.structure.blocks, { file: 'recommendations.md', artifacts, known }),
    ...readClaims(summary.structure.blocks, { file: 'summary.md', artifacts, known }),
    ...computedClaims(
      { file: 'recommendations.md', text, ...report.structure },
      options.computed?.['recommendations.md'],
    ),
    ...computedClaims(
      { file: 'summary.md', text: artifacts.summary.value ?? '', ...summary.structure },
      options.computed?.['summary.md'],
    ),
  ];
  const asked = settingsOf(artifacts);
  const found = validate({ ...report, artifacts, known }, asked);
  const declared = options.outputs?.map((file): Loaded<string> => readText(root, file)) ?? null;
  const texts = [
    { file: 'recommendations.md', text, blocks: report.structure.blocks },
    { file: 'summary.md', text: artifacts.summary.value ?? '', blocks: summary.structure.blocks },
  ];
  const evidence = artifacts.data.map(({ file }) => file).filter((file) => isEvidence(file, options.outputs));
  const pictures = pictureFaults(root, report.structure.blocks);
  const gates = [
    ...checkGates(rubric, {
      artifacts,
      claims,
      report: report.structure,
      texts,
      pictures,
      found,
      declared,
      changed: changedSince(root, evidence),
    }),
    ...(options.gates ?? []),
  ];
  const minimum = minRecommendations(asked.parameters);
  const checked = checkAll(rubric, { artifacts, report: report.structure, known, claims, minimum });
  const { judge, mustJudge = false, subject } = options;
  const files = subject?.files ?? ['recommendations.md'];
  const judged = judge
    ? await judgeReport(
        { criteria: rubric.criteria, report: subjectText(root, files), subject, checked, mustJudge },
        judge,
      )
    : null;
  return { ...verdict({ rubric, checked, judged, gates, claims }), digests: digestsOf(root, rubric, files) };
}

function digestsOf(root: string, rubric: Rubric, files: readonly string[]): Grade['digests'] {
  const report = createHash('sha256');
  const found = files
    .map((file) => path.join(root, file))
    .filter((file) => lstatSync(file, { throwIfNoEntry: false })?.isFile() ?? false);
  for (const file of found) report.update(readFileSync(file));
  return {
    rubric: createHash('sha256').update(JSON.stringify(rubric)).digest('hex'),
    report: found.length > 0 ? report.digest('hex') : null,
  };
}

/** What the checks allow each criterion to score: the lowest of those that speak to it. */
function checkAll(rubric: Rubric, input: Evidence): Map<string, Scored> {
  const scored = new Map<string, Scored>();
  for (const { id, checks } of rubric.criteria) {
    const results = checks.map((check) => SCORERS[check](input));
    if (results.length === 0) continue;
    const score = Math.min(...results.map((result) => result.score));
    scored.set(id, { score, reasons: results.flatMap((result) => result.reasons) });
  }
  return scored;
}

interface Findings {
  rubric: Rubric;
  checked: Map<string, Scored>;
  judged: Judged | null;
  gates: Gate[];
  claims: Claim[];
}

function verdict({ rubric, checked, judged, gates, claims }: Findings): Omit<Grade, 'digests'> {
  const model = judged?.kind === 'model' ? judged : null;
  const judgements = new Map(model?.criteria.map((one) => [one.id, one]));
  const criteria = rubric.criteria.map((criterion) =>
    gradeCriterion(criterion, checked.get(criterion.id), judgements.get(criterion.id)),
  );
  const unjudged = rubric.criteria.filter(({ id }) => {
    const judgement = judgements.get(id);
    // A part of a report can show what is wrong with it, but not that the whole is right.
    if (!checked.has(id) && model?.cut) return true;
    return judgement ? judgement.median === null : !checked.has(id);
  });
  const scores = criteria.flatMap(({ score, weight }) => (score === null ? [] : [{ score, weight }]));
  const weight = scores.reduce((sum, one) => sum + one.weight, 0);
  const mean = scores.reduce((sum, one) => sum + one.score * one.weight, 0) / Math.max(weight, 1e-9);
  const { average, each } = rubric.thresholds;
  const isGood = scores.length === 0 || (mean >= average && scores.every(({ score }) => score >= each));
  const state =
    !isGood || gates.some((gate) => !gate.passed) ? 'failed' : unjudged.length > 0 ? 'not_judged' : 'passed';
  return {
    criteria,
    average: Math.round(mean * 100) / 100,
    passed: state === 'passed',
    verdict: state,
    notes: [
      ...unjudged.map(({ name }) => `${name} has no valid judgement, so the report does not pass.`),
      ...(judged ? judgeNotes(judged, checked.size > 0) : []),
    ],
    gates,
    claims: summarise(claims),
    judge: judged ?? { kind: 'checks' },
  };
}

/** A judge can lower what the checks allow, and never raise it. */
function gradeCriterion(
  { id, name, weight }: Criterion,
  checked: Scored | undefined,
  judgement: Judgement | undefined,
): GradedCriterion {
  const scores = [checked?.score, judgement?.median].filter((score): score is number => typeof score === 'number');
  const reasons = [...(checked?.reasons ?? []), ...(judgement ? judgeReasons(judgement) : [])];
  if (scores.length === 0 && reasons.length === 0) reasons.push('no check computes it: a model must judge it');
  return {
    id,
    name,
    weight,
    score: scores.length > 0 ? Math.min(...scores) : null,
    reasons,
    checks: checked?.score ?? null,
  };
}
