import type { Artifacts, Loaded } from './artifacts.ts';
import type { Claim } from './claim.ts';
import type { GateId } from './ids.ts';
import type { Rubric } from './load.ts';
import type { ValidationReport } from './validate.ts';

/** A gate's verdict, as `grade.json` keeps it. */
export interface Gate {
  name: string;
  passed: boolean;
  /** What was found; for a failed gate, what to mend. */
  detail: string;
}

export interface GateInput {
  artifacts: Artifacts;
  claims: readonly Claim[];
  /** What the end check finds now. */
  found: ValidationReport;
  /** Files that the runbook must leave, where they are not those of the trace optimizer; with what is wrong with each. */
  declared: readonly Loaded<string>[] | null;
}

const CHECKS: Record<GateId, (input: GateInput) => string[]> = {
  outputs,
  trace_ids: traceIds,
  data_read: dataRead,
  validation,
  end_check: ({ found }) => found.stages.filter((s) => !s.passed).map((s) => `${s.name}: ${s.message}`),
};

/** Faults shown for one gate; the rest are counted. */
const SHOWN = 8;

/** What no score can make good, in the order of the rubric. */
export function checkGates(rubric: Rubric, input: GateInput): Gate[] {
  return rubric.gates.map(({ id }) => {
    const faults = CHECKS[id](input);
    const more = faults.length > SHOWN ? `; and ${faults.length - SHOWN} more` : '';
    return { name: id, passed: faults.length === 0, detail: faults.slice(0, SHOWN).join('; ') + more || 'ok' };
  });
}

function outputs({ artifacts: a, declared }: GateInput): string[] {
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
  ];
  return files.flatMap((file) => (file.problem ? [file.problem.message] : []));
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
  return faults;
}

/** A cent, and what rounding does to large sums. */
function same(a: number, b: number): boolean {
  return Math.abs(a - b) <= 0.01 + 1e-9 * Math.abs(b);
}

function validation({ artifacts, found }: GateInput): string[] {
  const claimed = artifacts.validation.value;
  if (!claimed) return [];
  const faults: string[] = [];
  if (claimed.overall_passed && !found.overall_passed) faults.push('it says overall_passed, but the files do not pass');
  for (const stage of found.stages) {
    const said = claimed.stages.find((s) => s.name === stage.name);
    if (!said) faults.push(`it has no stage ${stage.name}`);
    else if (said.passed && !stage.passed) faults.push(`it says ${stage.name} passed, but ${stage.message}`);
  }
  if (claimed.overall_passed && claimed.stages.some((s) => !s.passed))
    faults.push('it says overall_passed with a failed stage');
  for (const [name, value] of Object.entries(found.results) as [keyof ValidationReport['results'], number][]) {
    const said = claimed.results[name];
    if (!same(said, value)) faults.push(`it says ${name} ${said}, the files say ${value}`);
  }
  return faults;
}
