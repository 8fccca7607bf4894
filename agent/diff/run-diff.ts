import { keptGrade } from '../record/kept-grade.ts';
import { lastPart } from '../record/parts.ts';
import { assertRecorded, filesAfter, ofType, type RunRecord } from '../record/read.ts';
import { costOf, type RunSummary, summaryOf } from '../record/summary.ts';
import { REPORT } from '../results.ts';
import { type FileChange, fileChanges } from './files.ts';
import { type FindingChange, findingChanges } from './findings.ts';
import { type QueryChange, queryChanges, textChange } from './queries.ts';
import { type Both, both, jsonArtifact, windowOf, withoutRun } from './read.ts';
import { type Change, changesBetween } from './values.ts';

/** What changed from one run to another. What is another in every run is left out: ids, times, seconds, folders, digests. */
export interface RunDiff {
  /** Which runs were compared; no part of what differs. */
  runs: Both<Pick<RunSummary, 'run' | 'place' | 'started' | 'parent'>>;
  /** Agent, model, source, window, runbook, how the run ended. */
  setup: Change[];
  parameters: Change[];
  /** Files of the runbook. */
  runbook: { path: string; kind: 'changed' | 'new' | 'gone' }[];
  queries: QueryChange[];
  /** Artifacts beside the report, with their rows. */
  files: FileChange[];
  /** USD: what the report says was spent, and what the model requests of the run cost. */
  costs: Change[];
  findings: FindingChange[];
  /** Average, verdict, and score of each criterion by name. */
  grade: Change[];
  /** Gates that failed in one of them, with why. */
  gates: Both<string[]>;
  /** Lines of the report that differ. */
  report: string;
}

/** @throws RunbookError `usage` for a run of an older version, `log` for a damaged record */
export function diffRuns(runs: Both<RunRecord>, places: Both<string | undefined>): RunDiff {
  assertRecorded(runs.before);
  assertRecorded(runs.after);
  const changes = (read: (record: RunRecord) => Record<string, unknown>) =>
    changesBetween(read(runs.before), read(runs.after));
  const report = both(runs, reportOf);
  return {
    runs: {
      before: nameOf(summaryOf(runs.before, places.before)),
      after: nameOf(summaryOf(runs.after, places.after)),
    },
    setup: changes(setupOf),
    parameters: changes(({ started }) => started.params),
    runbook: runbookChanges(runs),
    queries: queryChanges(runs),
    files: fileChanges(runs),
    costs: changes(costsOf),
    findings: findingChanges(runs),
    grade: changes(scoresOf),
    gates: gatesOf(runs),
    report: textChange(report.before, report.after),
  };
}

/** Whether nothing differs. */
export function isSame({ runs: _runs, report, gates, ...lists }: RunDiff): boolean {
  const isEmpty = Object.values(lists).every((list) => list.length === 0);
  return isEmpty && report === '' && gates.before.length === 0 && gates.after.length === 0;
}

function nameOf({ run, place, started, parent }: RunSummary): RunDiff['runs']['before'] {
  return { run, place, started, parent };
}

function setupOf(record: RunRecord): Record<string, unknown> {
  const { agent, model, status } = summaryOf(record);
  const { name, version } = lastPart(record).runbook;
  const window = windowOf(record);
  return {
    agent,
    model,
    status,
    runbook: `${name} ${version}`,
    source: ofType(record.events, 'source_opened').at(-1)?.label,
    window: window && `${window.from} to ${window.to}`,
  };
}

function runbookChanges(runs: Both<RunRecord>): RunDiff['runbook'] {
  const files = both(runs, (record) =>
    Object.fromEntries(lastPart(record).runbook.files.map(({ path, sha256 }) => [path, sha256])),
  );
  return changesBetween(files.before, files.after).map(({ name, before, after }) => ({
    path: name,
    kind: before === null ? 'new' : after === null ? 'gone' : 'changed',
  }));
}

function costsOf(record: RunRecord): Record<string, unknown> {
  const facts = jsonArtifact(record, filesAfter(record.events).get('data/facts.json'));
  const spend = (facts as Record<string, { value?: unknown }> | undefined)?.['totals.cost_usd']?.value;
  return { report: spend, model: costOf(record.events) };
}

function scoresOf(record: RunRecord): Record<string, unknown> {
  const grade = keptGrade(record);
  if (!grade) return {};
  const criteria = grade.criteria.map(({ name, score }) => [name, score]);
  return { average: grade.average, verdict: grade.passed ? 'passed' : 'not passed', ...Object.fromEntries(criteria) };
}

/** Those that failed in one run alone, or for another reason. */
function gatesOf(runs: Both<RunRecord>): Both<string[]> {
  const failed = both(runs, (record) =>
    (keptGrade(record)?.failed_gates ?? []).map((gate) => withoutRun(gate, record)),
  );
  return {
    before: failed.before.filter((gate) => !failed.after.includes(gate)),
    after: failed.after.filter((gate) => !failed.before.includes(gate)),
  };
}

function reportOf(record: RunRecord): string {
  const sha256 = filesAfter(record.events).get(REPORT);
  return sha256 === undefined ? '' : withoutRun(record.payloads.get(sha256).toString('utf8'), record);
}
