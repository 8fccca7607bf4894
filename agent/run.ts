import { createHash, randomUUID } from 'node:crypto';
import path from 'node:path';
import { type ErrorCode, messageOf, RunbookError } from '../lib/errors.ts';
import type { Grade } from '../rubric/grade.ts';
import type { Source } from '../sources/source.ts';
import { FactStore } from '../tools/facts.ts';
import { ResultsDir } from '../tools/results-dir.ts';
import type { ToolContext } from '../tools/tool.ts';
import type { Driver } from './driver.ts';
import type { EventBody, EventSink } from './events.ts';
import { writeGateReport } from './gate.ts';
import { EventLog } from './log.ts';
import { type Parameters, resolveParameters } from './parameters.ts';
import { RecordedSource } from './recorded-source.ts';
import { renderStep } from './render.ts';
import { ArtifactWatch, clearEarlierRun, missingOutputs } from './results.ts';
import type { Runbook, Step } from './runbook/manifest.ts';
import { Scrubber } from './secrets.ts';

export interface RunOptions {
  runbook: Runbook;
  /** Opens nothing yet: errors of opening belong to the run (a gate). */
  source(): Promise<Source>;
  resultsDir: string;
  overwrite: boolean;
  parameters: Readonly<Record<string, string>>;
  driver: Driver;
  /** Said at the start: which driver was chosen, and why. */
  note: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

export interface RunOutcome {
  exitCode: 0 | 1 | 3 | 4 | 5 | 130;
  resultsDir: string;
  report: string | null;
  grade: Grade | null;
}

/** Failures that mean "the data cannot be read": in a gate step they stop the run with exit 3. */
const GATE_CODES = new Set<ErrorCode>([
  'gate',
  'auth',
  'forbidden',
  'not_found',
  'network',
  'config',
  'timeout',
  'server',
  'rate_limited',
  'budget',
  'bad_response',
  'hogql',
]);

/**
 * Performs a runbook into a results dir. Everything that happens is an event in `events.jsonl`; the verdict comes from the grader, which
 * reads the files only.
 * @throws RunbookError for what keeps a run from starting (`usage`, `config`, `not_events`, `source_unavailable`, `io`); later failures are outcomes
 */
export async function runRunbook(options: RunOptions, sink: EventSink): Promise<RunOutcome> {
  const { manifest } = options.runbook;
  const params = resolveParameters(manifest, options.parameters);
  const results = ResultsDir.create(options.resultsDir, { overwrite: options.overwrite });
  if (options.overwrite) clearEarlierRun(results, manifest);
  const id = randomUUID();
  const scrubber = new Scrubber(
    options.env,
    Object.values(manifest.secrets).map((secret) => secret.env),
  );
  const log = new EventLog(path.join(results.root, 'events.jsonl'), id, scrubber, [sink]);
  const run = new Run(options, { id, params, results, log });
  try {
    return await run.perform();
  } finally {
    await run.close();
    log.close();
  }
}

class Run {
  readonly #options: RunOptions;
  readonly #id: string;
  readonly #params: Parameters;
  readonly #results: ResultsDir;
  readonly #log: EventLog;
  readonly #watch: ArtifactWatch;
  readonly #started = performance.now();
  #source: RecordedSource | undefined;

  constructor(options: RunOptions, parts: { id: string; params: Parameters; results: ResultsDir; log: EventLog }) {
    this.#options = options;
    this.#id = parts.id;
    this.#params = parts.params;
    this.#results = parts.results;
    this.#log = parts.log;
    this.#watch = new ArtifactWatch(parts.results.root);
  }

  async perform(): Promise<RunOutcome> {
    const { manifest, steps, digest } = this.#options.runbook;
    this.#emit({
      type: 'run_started',
      runbook: { name: manifest.name, version: manifest.version, digest },
      driver: this.#options.driver.kind,
      params: this.#params,
      results_dir: this.#results.root,
      note: this.#options.note,
    });
    try {
      await this.#openSource();
    } catch (error) {
      if (error instanceof RunbookError && GATE_CODES.has(error.code)) return this.#gate(steps[0] as Step, error);
      this.#finish(2, null);
      throw error;
    }
    for (const step of steps) {
      const stopped = await this.#performStep(step);
      if (stopped) return stopped;
    }
    return this.#grade();
  }

  async close(): Promise<void> {
    await this.#source?.close();
  }

  #emit(event: EventBody): void {
    this.#log.emit(event);
  }

  async #openSource(): Promise<void> {
    const started = performance.now();
    const source = new RecordedSource(
      await this.#options.source(),
      ({ step, tool, n, name, rows, response_bytes, elapsed_s }) =>
        this.#emit({ type: 'query', step, tool, n, name, rows, response_bytes, elapsed_s }),
    );
    await source.open(this.#options.signal);
    this.#source = source;
    const { from, to } = this.#window();
    this.#emit({
      type: 'source_opened',
      kind: source.kind,
      label: source.label,
      now: to.toISOString(),
      window: { from: from.toISOString(), to: to.toISOString() },
      notices: source.notices(),
      elapsed_s: (performance.now() - started) / 1000,
    });
  }

  /** Pinned once: every query and the report use the same two instants. */
  #window(): { from: Date; to: Date } {
    const to = this.#source?.now() ?? new Date();
    return { from: new Date(to.getTime() - Number(this.#params.window_days) * 86_400_000), to };
  }

  async #performStep(step: Step): Promise<RunOutcome | undefined> {
    const started = performance.now();
    const source = this.#source as RecordedSource;
    try {
      const text = renderStep(step, {
        params: this.#params,
        window: this.#window(),
        run: { id: this.#id },
        results: this.#results,
      });
      this.#emit({
        type: 'step_started',
        number: step.number,
        of: this.#options.runbook.steps.length,
        id: step.id,
        title: step.title,
        rendered_sha256: sha256(text),
      });
      await this.#options.driver.performStep({
        step,
        text,
        tools: this.#toolContext(step, source),
        emit: (event) => this.#fromTool(step, source, event),
      });
      await this.#results.writeJson('data/queries.json', source.records);
      const missing = missingOutputs(this.#results, step.outputs);
      if (missing.length > 0)
        throw new RunbookError('runbook_invalid', `The step left no ${missing.join(', ')}.`, { at: step.file });
      for (const event of this.#watch.changes()) this.#emit(event);
      this.#emit({
        type: 'step_finished',
        number: step.number,
        id: step.id,
        elapsed_s: (performance.now() - started) / 1000,
      });
      return undefined;
    } catch (error) {
      return this.#stopped(step, error);
    }
  }

  #fromTool(step: Step, source: RecordedSource, event: EventBody): void {
    if (event.type === 'tool_started') source.place = { step: step.number, tool: event.tool };
    this.#emit(event);
  }

  #toolContext(step: Step, source: RecordedSource): ToolContext {
    return {
      source,
      results: this.#results,
      facts: new FactStore(this.#results),
      params: this.#params,
      window: this.#window(),
      signal: this.#options.signal,
      progress: (message) => this.#emit({ type: 'tool_progress', step: step.number, tool: source.place.tool, message }),
    };
  }

  async #stopped(step: Step, error: unknown): Promise<RunOutcome> {
    if (this.#options.signal.aborted) {
      this.#emit({
        type: 'step_failed',
        number: step.number,
        id: step.id,
        code: 'interrupted',
        message: 'interrupted',
        hint: null,
      });
      return this.#finish(130, null);
    }
    const failure =
      error instanceof RunbookError ? error : new RunbookError('server', messageOf(error), { cause: error });
    if (step.gate && GATE_CODES.has(failure.code)) return this.#gate(step, failure);
    this.#emit({
      type: 'step_failed',
      number: step.number,
      id: step.id,
      code: failure.code,
      message: failure.message,
      hint: failure.hint ?? null,
    });
    return this.#finish(5, null);
  }

  async #gate(step: Step, error: RunbookError): Promise<RunOutcome> {
    const to = this.#window().to;
    await writeGateReport(this.#results, this.#options.runbook, {
      error,
      params: this.#params,
      source: this.#source?.label ?? 'the source',
      backend: this.#source?.kind ?? 'posthog',
      runDate: to.toISOString(),
    });
    this.#emit({
      type: 'gate_stopped',
      number: step.number,
      id: step.id,
      message: error.message,
      hint: error.hint ?? null,
    });
    return this.#finish(3, null);
  }

  async #grade(): Promise<RunOutcome> {
    const { gradeResults } = await import('../rubric/grade.ts');
    const grade = await gradeResults(this.#results.root);
    await this.#results.writeJson('grade.json', grade);
    this.#emit({
      type: 'graded',
      average: grade.average,
      passed: grade.passed,
      scores: grade.criteria.map(({ id, name, score }) => ({ id, name, score })),
      failed_gates: grade.gates.filter((gate) => !gate.passed).map((gate) => `${gate.name}: ${gate.detail}`),
    });
    return this.#finish(grade.passed ? 0 : 1, grade);
  }

  #finish(exitCode: RunOutcome['exitCode'] | 2, grade: Grade | null): RunOutcome {
    for (const event of this.#watch.changes()) this.#emit(event);
    const records = this.#source?.records ?? [];
    const report = this.#results.exists('recommendations.md')
      ? path.join(this.#results.root, 'recommendations.md')
      : null;
    this.#emit({
      type: 'run_finished',
      exit: exitCode,
      queries: records.length,
      response_bytes: records.reduce((sum, record) => sum + record.response_bytes, 0),
      elapsed_s: (performance.now() - this.#started) / 1000,
      report,
    });
    return { exitCode: exitCode === 2 ? 5 : exitCode, resultsDir: this.#results.root, report, grade };
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
