import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../lib/errors.ts';
import { readPlainFile } from '../lib/files.ts';
import { type Artifacts, type Loaded, readArtifacts, readText } from './artifacts.ts';
import { chartFaults } from './charts.ts';
import type { Claim } from './claim.ts';
import { readClaims, summarise } from './claims.ts';
import type { SourceText } from './clean-text.ts';
import { withComputedClaims } from './computed-claims.ts';
import { actionability } from './criteria/actionability.ts';
import { costAnalysis } from './criteria/cost-analysis.ts';
import { type Evidence, reasonsOf, type Scored } from './criteria/criterion.ts';
import { evidence } from './criteria/evidence.ts';
import { qualitativeDepth } from './criteria/qualitative-depth.ts';
import { roadmap } from './criteria/roadmap.ts';
import type { Figure } from './figures.ts';
import { checkGates, type Gate } from './gates.ts';
import type { CheckId } from './ids.ts';
import { changedSince, isAsWritten } from './integrity.ts';
import type { Judge } from './judge/contract.ts';
import { type Judged, type Judgement, judgeReport } from './judge/judge.ts';
import { judgeNotes, judgeReasons } from './judge/reasons.ts';
import { type Subject, subjectText } from './judge/subject.ts';
import { type KnownValues, knownValues } from './known-values.ts';
import { type Criterion, loadRubric, type Rubric } from './load.ts';
import { logFaults } from './log-consistency.ts';
import { pageFaults } from './page.ts';
import { pictureFaults } from './pictures.ts';
import { readReport } from './report.ts';
import { type RunLog, readLog } from './run-log.ts';
import { isEvidence, mustBeLogged } from './sources.ts';
import type { Report } from './structure.ts';
import { minRecommendations, settingsOf, type ValidationReport, validate } from './validate.ts';
import { VIEW } from './view-consistency.ts';

export interface GradedCriterion {
  id: string;
  name: string;
  weight: number;
  /** 1 to 5; null where nothing computes it and no model judged it. */
  score: number | null;
  /** What keeps the score down first, what is well last. */
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
  /** What a reader of the grade must know of how it was made. */
  notes?: readonly string[];
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
  const root = rootOf(dir);
  const rubric = options.rubric ?? (await loadRubric());
  const results = await readResults(root, options.outputs);
  const { artifacts, known, report } = results;
  const claims = claimsOf(results, options.computed);
  const asked = settingsOf(artifacts);
  const found = validate({ ...report, artifacts, known }, asked);
  const gates = [...gatesOf(rubric, { results, claims, found }, options), ...(options.gates ?? [])];
  const minimum = minRecommendations(asked.parameters);
  const checked = checkAll(rubric, { artifacts, report: report.structure, known, claims, minimum });
  const files = options.subject?.files ?? ['recommendations.md'];
  const judged = await judgedBy(options, { criteria: rubric.criteria, report: subjectText(root, files), checked });
  const graded = verdict({ rubric, checked, judged, gates, claims, notes: options.notes ?? [] });
  const notes = results.log.events === null ? [...graded.notes, NO_LOG] : graded.notes;
  return { ...graded, notes, digests: digestsOf(root, rubric, files) };
}

function rootOf(dir: string): string {
  const root = path.resolve(dir);
  if (existsSync(root) && statSync(root).isDirectory()) return root;
  throw new RunbookError('usage', `There is no results dir at ${root}.`, { hint: 'Give the folder that a run wrote.' });
}

/** A text of the results dir: empty where there is none, without blocks where it cannot be read. */
interface ReadText extends SourceText {
  structure: Report;
  problem: string | null;
}

interface Results {
  root: string;
  artifacts: Artifacts;
  known: KnownValues;
  report: ReadText;
  summary: ReadText;
  log: RunLog;
}

async function readResults(root: string, outputs: GradeOptions['outputs']): Promise<Results> {
  const artifacts = readArtifacts(root);
  return {
    root,
    artifacts,
    known: knownValues(artifacts, outputs),
    report: await read('recommendations.md', artifacts.report),
    summary: await read('summary.md', artifacts.summary),
    log: readLog(root),
  };
}

async function read(file: string, { value: text = '' }: Loaded<string>): Promise<ReadText> {
  const { structure, problem } = await readReport(text);
  return { file, text, structure, blocks: structure.blocks, problem };
}

/** What the texts claim, and where they differ from what the data give. A text that cannot be read claims nothing, and fails a gate. */
function claimsOf({ artifacts, known, report, summary }: Results, computed: GradeOptions['computed']): Claim[] {
  return [report, summary].flatMap(({ file, text, blocks, problem }) => {
    if (problem !== null) return [];
    return withComputedClaims(readClaims(blocks, { file, artifacts, known }), { file, text, blocks }, computed?.[file]);
  });
}

function gatesOf(
  rubric: Rubric,
  { results, claims, found }: { results: Results; claims: Claim[]; found: ValidationReport },
  { outputs, computed }: GradeOptions,
): Gate[] {
  const { root, artifacts, report, summary, log } = results;
  return checkGates(rubric, {
    artifacts,
    claims,
    report: report.structure,
    texts: [report, summary],
    pictures: [...pictureFaults(root, report.blocks), ...chartFaults(root, report.blocks, artifacts)],
    found,
    declared: outputs?.map((file) => readText(root, file)) ?? null,
    view: computed?.[VIEW],
    changed: [
      ...changedSince(root, log, ownFiles(root, artifacts, outputs)),
      ...(log.events ? logFaults(log.events, artifacts) : []),
      ...(outputs === undefined ? pageChanges(results) : []),
    ],
  });
}

const NO_LOG = 'no log of the run: whether the data files are what the run wrote was not checked';

/** What the run must have written itself: evidence, and what the contract names beside the texts. */
function ownFiles(root: string, { data }: Artifacts, outputs?: readonly string[]): string[] {
  const evidence = data.map(({ file }) => file).filter((file) => isEvidence(file, outputs));
  return [...evidence, ...mustBeLogged(outputs).filter((file) => existsSync(path.join(root, file)))];
}

/** A page is drawn from the report as the run wrote it; a report that was mended since is judged by itself. */
function pageChanges({ root, log, artifacts, report, known }: Results): string[] {
  const { page } = artifacts;
  if (page.problem || artifacts.report.problem || !isAsWritten(root, log, 'recommendations.md')) return [];
  const isKnown = (figure: Figure) => known.run.has(figure) || known.isDeclared(figure);
  return pageFaults(page.value, { markdown: report.text, blocks: report.blocks }, isKnown);
}

async function judgedBy(
  { judge, mustJudge = false, subject }: GradeOptions,
  { criteria, report, checked }: { criteria: readonly Criterion[]; report: string; checked: Map<string, Scored> },
): Promise<Judged | null> {
  if (!judge) return null;
  const reasoned = new Map([...checked].map(([id, scored]) => [id, { ...scored, reasons: reasonsOf(scored) }]));
  return judgeReport({ criteria, report, subject, checked: reasoned, mustJudge }, judge);
}

function digestsOf(root: string, rubric: Rubric, files: readonly string[]): Grade['digests'] {
  const contents = files.flatMap((file) => {
    try {
      return [readPlainFile(root, file)];
    } catch {
      return []; // a gate says what is wrong with it
    }
  });
  const report = contents.reduce((hash, content) => hash.update(content), createHash('sha256')).digest('hex');
  return {
    rubric: createHash('sha256').update(JSON.stringify(rubric)).digest('hex'),
    report: contents.length > 0 ? report : null,
  };
}

/** What the checks allow each criterion to score: the lowest of those that speak to it. */
function checkAll(rubric: Rubric, input: Evidence): Map<string, Scored> {
  const scored = new Map<string, Scored>();
  for (const { id, checks } of rubric.criteria) {
    const results = checks.map((check) => SCORERS[check](input));
    if (results.length === 0) continue;
    const score = Math.min(...results.map((result) => result.score));
    const faults = results.flatMap((result) => result.faults);
    scored.set(id, { score, faults, merits: results.flatMap((result) => result.merits) });
  }
  return scored;
}

interface Findings {
  rubric: Rubric;
  checked: Map<string, Scored>;
  judged: Judged | null;
  gates: Gate[];
  claims: Claim[];
  notes: readonly string[];
}

function verdict({ rubric, checked, judged, gates, claims, notes }: Findings): Omit<Grade, 'digests'> {
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
      ...notes,
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
  const judged = judgement ? judgeReasons(judgement) : { faults: [], merits: [] };
  const [checks, judging] = [checked ?? { faults: [], merits: [] }, judged];
  const reasons = [...checks.faults, ...judging.faults, ...checks.merits, ...judging.merits];
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
