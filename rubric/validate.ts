import { type Artifacts, type Loaded, readArtifacts, type SpanRow } from './artifacts.ts';
import { citations } from './citations.ts';
import { gapsOf } from './criteria/actionability.ts';
import { projectedSavings, totalCost } from './expected.ts';
import { type KnownValues, knownValues } from './known-values.ts';
import { outlineFaults } from './outline.ts';
import { readReport } from './report.ts';
import type { Report } from './structure.ts';

const STAGES = ['connect', 'pricing', 'metrics', 'variance', 'failures', 'qualitative', 'report'] as const;

/** `validation_report.json` */
export interface ValidationReport {
  version: string;
  run_date: string;
  backend: string;
  parameters: Record<string, unknown>;
  stages: { name: string; passed: boolean; message: string }[];
  results: {
    generations_analyzed: number;
    total_cost_usd: number;
    recommendations: number;
    qualitative_findings: number;
    projected_monthly_savings_usd: number;
  };
  overall_passed: boolean;
}

export interface ValidateOptions {
  backend: string;
  parameters: Readonly<Record<string, unknown>>;
  /** ISO 8601. */
  runDate: string;
}

const VERSION = '1.0.0';

/** Checks a results dir from its files alone. It never throws for what the files hold. */
export async function validateResults(dir: string, options: ValidateOptions): Promise<ValidationReport> {
  const artifacts = readArtifacts(dir);
  const report = await readReport(artifacts.report.value ?? '');
  return validate({ ...report, artifacts, known: knownValues(artifacts) }, options);
}

/** A results dir as it was read: data files, the report's structure (empty where it cannot be read, with the problem), what the data know. */
interface ReadFiles {
  artifacts: Artifacts;
  structure: Report;
  problem: string | null;
  known: KnownValues;
}

/** The end check of step 11 over files that are already read. */
export function validate(files: ReadFiles, options: ValidateOptions): ValidationReport {
  const { artifacts, structure } = files;
  const minimum = minRecommendations(options.parameters);
  const checks: Record<(typeof STAGES)[number], Outcome> = {
    connect: connect(artifacts),
    pricing: pricing(artifacts),
    metrics: metrics(artifacts),
    variance: loaded(artifacts.variance, (value) => `${Object.keys(value).length} operations`),
    failures: loaded(artifacts.failures, () => 'failures are counted'),
    qualitative: qualitative(artifacts),
    report: reportStage(files, minimum),
  };
  const stages = STAGES.map((name) => ({ name, ...checks[name] }));
  return {
    version: VERSION,
    run_date: options.runDate,
    backend: options.backend,
    parameters: { ...options.parameters },
    stages,
    results: {
      generations_analyzed: artifacts.project.value?.generations ?? 0,
      total_cost_usd: rounded(totalCost(artifacts)),
      recommendations: structure.recommendations.length,
      qualitative_findings: new Set(abnormal(artifacts).map((sample) => sample.abnormality)).size,
      projected_monthly_savings_usd: rounded(projectedSavings(artifacts)?.expected ?? 0),
    },
    overall_passed: stages.every((stage) => stage.passed),
  };
}

/**
 * What the end check must have been told, by what the run left: the backend and the window's end from data/project.json, the parameters
 * from the log. Without a log the judged file alone says what was asked for, and then it cannot ask for fewer recommendations than the default.
 */
export function settingsOf({ validation, project, run }: Artifacts): ValidateOptions {
  const claimed = validation.value;
  const backend = project.value?.backend;
  const parameters = claimed?.parameters ?? {};
  const minimum = Math.max(DEFAULT_MINIMUM, minRecommendations(parameters));
  return {
    backend: typeof backend === 'string' ? backend : (claimed?.backend ?? ''),
    parameters: run.value?.params ?? { ...parameters, min_recommendations: minimum },
    runDate: project.value?.window.to ?? claimed?.run_date ?? '',
  };
}

interface Outcome {
  passed: boolean;
  message: string;
}
const passed = (message: string): Outcome => ({ passed: true, message });
const failed = (message: string): Outcome => ({ passed: false, message });

function loaded<T>(file: Loaded<T>, message: (value: T) => string): Outcome {
  return file.problem ? failed(file.problem.message) : passed(message(file.value));
}

/** The default of the runbook's parameter `min_recommendations`. */
const DEFAULT_MINIMUM = 3;

/** The runbook's parameter; three where it is not given. */
export function minRecommendations(parameters: Readonly<Record<string, unknown>>): number {
  const given = Number(parameters.min_recommendations);
  return Number.isInteger(given) && given >= 1 ? given : DEFAULT_MINIMUM;
}

function abnormal(artifacts: Artifacts) {
  return (artifacts.samples.value ?? []).filter((sample) => sample.abnormality !== 'clean');
}

function rounded(usd: number): number {
  return Number(usd.toFixed(6));
}

function connect({ project }: Artifacts): Outcome {
  if (project.problem) return failed(project.problem.message);
  const { generations, window } = project.value;
  if (!(generations > 0)) return failed('no generations in the window');
  return passed(`${generations} generations from ${window.from} to ${window.to}`);
}

function pricing({ pricing: prices }: Artifacts): Outcome {
  if (prices.problem) return failed(prices.problem.message);
  const count = Object.keys(prices.value).length;
  return count === 0 ? failed('data/model_pricing.json holds no price') : passed(`${count} model prices`);
}

function metrics(artifacts: Artifacts): Outcome {
  const { spans, spans3d, spans7d, models, project } = artifacts;
  for (const file of [spans, spans3d, spans7d, models]) if (file.problem) return failed(file.problem.message);
  const rows = spans.value ?? [];
  const byModel = models.value ?? [];
  if (rows.length === 0) return failed('data/metrics_by_span.csv holds no operation');
  if (byModel.length === 0) return failed('data/metrics_by_model.csv holds no model');
  const torn = [...rows, ...byModel].find((row) => !sumsUp(row));
  if (torn) {
    const name = 'operation' in torn ? torn.operation : torn.model;
    return failed(`total_cost_usd of ${JSON.stringify(name)} is not recorded + backfilled`);
  }
  const calls = rows.reduce((sum, row) => sum + row.calls, 0);
  const modelCalls = byModel.reduce((sum, row) => sum + row.calls, 0);
  if (calls !== modelCalls) return failed(`${calls} calls by operation, but ${modelCalls} by model`);
  const generations = project.value?.generations ?? calls;
  if (calls !== generations) return failed(`${calls} calls by operation, but ${generations} generations`);
  return passed(`${rows.length} operations and ${byModel.length} models; sums agree`);
}

/** Sums of rounded parts may differ from the rounded sum by this much, USD. */
const ROUNDING = 1e-6;

function sumsUp(row: Pick<SpanRow, 'total_cost_usd' | 'recorded_cost_usd' | 'backfilled_cost_usd'>): boolean {
  const parts = row.recorded_cost_usd + row.backfilled_cost_usd;
  return Math.abs(row.total_cost_usd - parts) <= ROUNDING + 1e-9 * Math.abs(parts);
}

function qualitative(artifacts: Artifacts): Outcome {
  const { samples } = artifacts;
  if (samples.problem) return failed(samples.problem.message);
  if (samples.value.length === 0) return failed('no trace was read');
  return passed(`${samples.value.length} traces read, ${abnormal(artifacts).length} abnormal`);
}

function reportStage({ artifacts, structure, problem, known }: ReadFiles, minimum: number): Outcome {
  for (const file of [artifacts.report, artifacts.summary, artifacts.findings]) {
    if (file.problem) return failed(file.problem.message);
  }
  if (problem) return failed(`recommendations.md cannot be read: ${problem}`);
  const outline = outlineFaults(structure);
  if (outline.length > 0) return failed(outline.slice(0, 5).join('; '));
  const { recommendations } = structure;
  const torn = recommendations.flatMap((r) =>
    gapsOf(r).map((gap) => `priority ${r.priority} (line ${r.line}) lacks ${gap}`),
  );
  if (recommendations.length < minimum || torn.length > 0) {
    const few =
      recommendations.length < minimum ? [`${recommendations.length} of at least ${minimum} recommendations`] : [];
    return failed([...few, ...torn.slice(0, 5)].join('; '));
  }
  const cites = structure.blocks.some((block) => citations(block, known.hasTrace).some(({ id }) => known.hasTrace(id)));
  if (!cites) return failed('no finding cites a trace id that is in the data');
  return passed(`${structure.recommendations.length} recommendations with code and measurement plan`);
}
