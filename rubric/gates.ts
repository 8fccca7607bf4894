import type { Artifacts, Loaded } from './artifacts.ts';
import type { Claim } from './claim.ts';
import { cleanTextFaults, type SourceText } from './clean-text.ts';
import { consistencyFaults } from './consistency.ts';
import { contentGaps } from './content-gaps.ts';
import { coverageFaults } from './coverage.ts';
import { near } from './data-files.ts';
import type { GateId } from './ids.ts';
import type { Rubric } from './load.ts';
import { outlineFaults } from './outline.ts';
import type { Report } from './structure.ts';
import type { ValidationReport } from './validate.ts';
import { viewFaults } from './view-consistency.ts';

/** A gate's verdict, as `grade.json` keeps it. */
export interface Gate {
  /** Its id in the rubric. */
  name: string;
  /** What it holds, in words. */
  title: string;
  passed: boolean;
  /** What was found; for a failed gate, what to mend, one fault a line. */
  detail: string;
}

export interface GateInput {
  artifacts: Artifacts;
  claims: readonly Claim[];
  report: Report;
  /** The report and the summary, as they were written, with why one cannot be read. */
  texts: readonly (SourceText & { problem: string | null })[];
  /** What is wrong with the pictures of the report. */
  pictures: readonly string[];
  /** What the end check finds now. */
  found: ValidationReport;
  /** Files that the runbook must leave, where they are not those of the trace optimizer; with what is wrong with each. */
  declared: readonly Loaded<string>[] | null;
  /** data/report_view.json as the other data files give it, where somebody could tell. */
  view: string | undefined;
  /** Files that are not what the run wrote. */
  changed: readonly string[];
}

const CHECKS: Record<GateId, (input: GateInput) => string[]> = {
  outputs,
  trace_ids: traceIds,
  data_read: dataRead,
  validation,
  end_check: ({ found }) => found.stages.filter((s) => !s.passed).map((s) => `${s.name}: ${s.message}`),
  structure: structureFaults,
  artifacts: artifactFaults,
  unchanged: ({ changed }) => [...changed],
  clean_text: cleanText,
};

/** Faults shown for one gate; the rest are counted. */
const SHOWN = 8;

/** What no score can make good, in the order of the rubric. */
export function checkGates(rubric: Rubric, input: GateInput): Gate[] {
  return rubric.gates.map(({ id, name: title }) => {
    const faults = CHECKS[id](input);
    const more = faults.length > SHOWN ? [`and ${faults.length - SHOWN} more`] : [];
    const detail = [...faults.slice(0, SHOWN), ...more].join('\n') || 'ok';
    return { name: id, title, passed: faults.length === 0, detail };
  });
}

function outputs({ artifacts: a, declared, pictures }: GateInput): string[] {
  const files: readonly Loaded<unknown>[] = declared ?? [
    a.report,
    a.summary,
    a.validation,
    a.spans,
    a.spans3d,
    a.spans7d,
    a.models,
    a.variance,
    a.samples,
    a.pricing,
    a.findings,
    a.page,
  ];
  const faults = files.flatMap((file) => (file.problem ? [file.problem.message] : []));
  return declared ? faults : [...faults, ...pictures];
}

function traceIds({ claims }: GateInput): string[] {
  const made = claims.filter((claim) => claim.kind === 'trace' && claim.status !== 'verified');
  return made.map((claim) => `${claim.file}:${claim.line}: trace ${claim.text} is in no data file`);
}

function dataRead({ artifacts, found }: GateInput): string[] {
  const report = artifacts.validation.value;
  const faults: string[] = [];
  const connect = report?.stages.find((stage) => stage.name === 'connect');
  if (connect && !connect.passed) faults.push(`stage connect failed: ${connect.message}`);
  if (report && !connect) faults.push('validation_report.json has no stage connect');
  if (found.results.generations_analyzed <= 0) faults.push('no generations were read (data/project.json)');
  const calls = (artifacts.spans.value ?? []).reduce((sum, row) => sum + row.calls, 0);
  if (calls <= 0) faults.push('data/metrics_by_span.csv counts no call');
  const { queries } = artifacts;
  if (queries.problem) faults.push(queries.problem.message);
  else if (!queries.value.some((q) => q.tool === METRICS_TOOL && q.rows > 0 && (q.error ?? null) === null))
    faults.push(`data/queries.json has no ${METRICS_TOOL} that succeeded and returned rows`);
  return faults;
}

/** The tool that the metrics of step 3 are read with (runbook/steps/03-metrics.md). */
const METRICS_TOOL = 'hogql_query';

/** Any difference counts: a report that says less than the files is not the report of these files. */
function validation({ artifacts, found }: GateInput): string[] {
  const claimed = artifacts.validation.value;
  if (!claimed) return [];
  const faults: string[] = [];
  const differs = (what: string, said: unknown, is: unknown) =>
    faults.push(`it says ${what} ${JSON.stringify(said)}, the files say ${JSON.stringify(is)}`);
  if (claimed.version !== found.version) differs('version', claimed.version, found.version);
  for (const key of Object.keys(claimed)) if (!(key in found)) faults.push(`there is no key ${key}`);
  if (claimed.overall_passed !== found.overall_passed)
    differs('overall_passed', claimed.overall_passed, found.overall_passed);
  for (const stage of found.stages) {
    const said = claimed.stages.filter((s) => s.name === stage.name);
    if (said.length !== 1) faults.push(`it has ${said.length} stages ${stage.name}`);
    else if (said[0]?.passed !== stage.passed)
      faults.push(`it says ${stage.name} ${said[0]?.passed ? 'passed' : 'failed'}, but ${stage.message}`);
    else if (said[0]?.message !== stage.message) differs(stage.name, said[0]?.message, stage.message);
  }
  for (const { name } of claimed.stages) {
    if (!found.stages.some((stage) => stage.name === name)) faults.push(`there is no stage ${name}`);
  }
  for (const [name, value] of Object.entries(found.results) as [keyof ValidationReport['results'], number][]) {
    if (!near(claimed.results[name], value)) differs(name, claimed.results[name], value);
  }
  return [...faults, ...settingFaults(artifacts, found)];
}

function settingFaults({ validation: { value: claimed }, run }: Artifacts, found: ValidationReport): string[] {
  if (!claimed) return [];
  const faults = run.problem?.kind === 'invalid' ? [run.problem.message] : [];
  if (claimed.backend === '' || claimed.backend !== found.backend)
    faults.push(
      `it names the backend ${JSON.stringify(claimed.backend)}, data/project.json ${JSON.stringify(found.backend)}`,
    );
  if (Date.parse(claimed.run_date) !== Date.parse(found.run_date))
    faults.push(`it says run_date ${claimed.run_date}, the window ends ${found.run_date}`);
  for (const [name, value] of Object.entries(run.value?.params ?? {})) {
    if (JSON.stringify(claimed.parameters[name]) !== JSON.stringify(value))
      faults.push(
        `it says ${name} ${JSON.stringify(claimed.parameters[name])}, the run was started with ${JSON.stringify(value)}`,
      );
  }
  return faults;
}

function structureFaults(input: GateInput): string[] {
  const { texts, report, artifacts, declared } = input;
  const unread = texts.flatMap(({ file, problem }) => (problem === null ? [] : [`${file} cannot be read: ${problem}`]));
  if (unread.length > 0) return unread;
  const said = declared === null ? [...contentGaps(input), ...coverageFaults(report, artifacts)] : [];
  return [...outlineFaults(report), ...said];
}

function artifactFaults({ artifacts, report, view }: GateInput): string[] {
  const none = artifacts.findings.value?.findings.length === 0 && report.recommendations.length > 0;
  const faults = [...consistencyFaults(artifacts), ...viewFaults(artifacts, view)];
  return none ? ['data/findings.json holds no finding for the recommendations', ...faults] : faults;
}

function cleanText({ artifacts, texts }: GateInput): string[] {
  const label = artifacts.project.value?.label;
  const names = [
    ...(artifacts.spans.value ?? []).map((row) => row.operation),
    ...(artifacts.models.value ?? []).map((row) => row.model),
    ...(typeof label === 'string' ? [label] : []),
  ];
  return texts.flatMap((text) => (text.problem === null ? cleanTextFaults(text, names) : []));
}
