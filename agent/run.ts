import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ioError } from '../lib/files.ts';
import type { Grade } from '../rubric/grade.ts';
import type { Judge } from '../rubric/judge/contract.ts';
import type { Source } from '../sources/source.ts';
import { ResultsDir } from '../tools/results-dir.ts';
import { failureOf } from './call-tool.ts';
import type { Driver } from './driver.ts';
import type { EventBody, EventSink } from './events.ts';
import { untilInterrupted } from './interrupt.ts';
import type { JudgeContext } from './judge.ts';
import { EventLog } from './log.ts';
import { type OpenedSource, openSource } from './opened-source.ts';
import { exitOfFailure, type RunExit, stopsAtGate } from './outcome.ts';
import { type Parameters, resolveParameters } from './parameters.ts';
import { ArtifactWatch, clearEarlierRun, EVENTS, REPORT } from './results.ts';
import { gradeInRounds } from './rounds.ts';
import type { Runbook, Step } from './runbook/manifest.ts';
import { Scrubber } from './secrets.ts';
import { StepRunner } from './step-runner.ts';
import { writeStopReport } from './stop-report.ts';
import { writeRule } from './write-rules.ts';

/** For runbooks that have no parameter window_days. */
const DEFAULT_WINDOW_DAYS = 30;

export interface RunOptions {
  runbook: Runbook;
  /** Makes the source; it is opened by the run, so that a failure there is an outcome (a gate), not an accident. */
  source(): Promise<Source>;
  resultsDir: string;
  /** Replace what an earlier run left in the results dir; other files there are never touched. */
  overwrite: boolean;
  /** `name → text`, as given on the command line. */
  parameters: Readonly<Record<string, string>>;
  driver: Driver;
  /** Rounds of grading and mending at most. */
  rounds: number;
  /** Judges what the checks cannot, where there is a model for it. */
  judge?: (context: JudgeContext) => Judge;
  /** Said at the start: which driver was chosen, and why. */
  note: string;
  /** Only read to know which values are secrets. */
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

export interface RunOutcome {
  exitCode: RunExit;
  /** Absolute. */
  resultsDir: string;
  /** Absolute path of recommendations.md, where the run wrote one. */
  report: string | null;
  grade: Grade | null;
}

/**
 * Performs a runbook into a results dir. Everything that happens is an event, in `events.jsonl` and to the sink; the verdict comes from
 * the grader, which reads the files only.
 * @throws RunbookError for what keeps a run from starting (`usage`, `not_events`, `source_unavailable`, `io`): the results dir is then as
 * it was. Whatever fails later is an outcome.
 */
export async function runRunbook(options: RunOptions, sink: EventSink): Promise<RunOutcome> {
  const { manifest } = options.runbook;
  const params = resolveParameters(manifest, options.parameters);
  const existed = existsSync(options.resultsDir);
  const declared = Object.values(manifest.secrets).map((secret) => secret.env);
  const scrubber = new Scrubber(options.env, declared);
  const scrub = (text: string) => scrubber.text(text);
  const results = ResultsDir.create(options.resultsDir, { overwrite: options.overwrite, scrub });
  assertWritable(results.root);
  const id = randomUUID();
  const log = new EventLog({ run: id, scrubber, sinks: [sink] });
  const run = new Run(options, { id, params, results, log, scrubber });
  try {
    return await run.perform();
  } finally {
    await run.close();
    log.close();
    if (!existed) removeIfEmpty(results.root);
  }
}

/** Before anything is read: loading events can take a while. */
function assertWritable(dir: string): void {
  try {
    accessSync(dir, constants.W_OK);
  } catch (cause) {
    throw ioError(dir, cause);
  }
}

function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir);
  } catch {
    // It holds results.
  }
}

interface RunParts {
  id: string;
  params: Parameters;
  results: ResultsDir;
  log: EventLog;
  scrubber: Scrubber;
}

class Run {
  readonly #options: RunOptions;
  readonly #parts: RunParts;
  readonly #started = performance.now();
  readonly #done: string[] = [];
  #opened: OpenedSource | undefined;
  #watch: ArtifactWatch | undefined;
  #abandoned = false;

  constructor(options: RunOptions, parts: RunParts) {
    this.#options = options;
    this.#parts = parts;
  }

  async perform(): Promise<RunOutcome> {
    this.#emitStart();
    try {
      this.#opened = await this.#openSource();
    } catch (error) {
      return this.#notOpened(error);
    }
    this.#begin();
    for (const step of this.#options.runbook.steps) {
      const stopped = await this.#performStep(step, this.#opened);
      if (stopped) return stopped;
    }
    return this.#grade(this.#opened);
  }

  /** A call that did not notice the interruption still holds the source: the process ends with it. */
  async close(): Promise<void> {
    if (!this.#abandoned) await this.#opened?.source.close();
  }

  #abandon = (): void => {
    this.#abandoned = true;
  };

  #emit = (event: EventBody): void => this.#parts.log.emit(event);

  #emitStart(): void {
    const { runbook, driver, note } = this.#options;
    const { name, title, version } = runbook.manifest;
    this.#emit({
      type: 'run_started',
      runbook: { name, title, version, digest: runbook.digest },
      driver: driver.kind,
      note,
      budget: driver.limits ?? null,
      steps: runbook.steps.map((step) => ({ number: step.number, id: step.id, title: step.title })),
      params: this.#parts.params,
      results_dir: this.#parts.results.root,
    });
  }

  async #openSource(): Promise<OpenedSource> {
    const { source, signal } = this.#options;
    const days = Number(this.#parts.params.window_days ?? DEFAULT_WINDOW_DAYS);
    return openSource(source, { days, signal, emit: this.#emit, onAbandon: this.#abandon });
  }

  /** Nothing was started: an earlier run's results stay, unless a gate has something to say. */
  async #notOpened(error: unknown): Promise<RunOutcome> {
    this.#emit({ type: 'source_failed', ...failureOf(error) });
    const exit = exitOfFailure(error);
    if (exit === 130) return this.#finish(exit);
    if (!stopsAtGate(error)) throw error;
    this.#begin();
    return this.#gate(this.#options.runbook.steps[0], error);
  }

  #begin(): void {
    const { results, log } = this.#parts;
    if (this.#options.overwrite) clearEarlierRun(results, this.#options.runbook);
    this.#watch = new ArtifactWatch(results.root);
    log.attach(path.join(results.root, EVENTS));
  }

  async #performStep(step: Step, opened: OpenedSource): Promise<RunOutcome | undefined> {
    try {
      await this.#runStep(step, opened);
      this.#done.push(step.id);
      return undefined;
    } catch (error) {
      if (step.gate && stopsAtGate(error)) return this.#gate(step, error);
      return this.#stop(step, error);
    }
  }

  /** @throws what the step throws, after it is in the log; a gate's failure is logged by the gate */
  async #runStep(step: Step, { queries, window }: OpenedSource, appendix = ''): Promise<void> {
    const started = performance.now();
    const elapsed = () => (performance.now() - started) / 1000;
    const { id, params, results, scrubber } = this.#parts;
    const { runbook, driver, signal } = this.#options;
    const runner = new StepRunner(step, {
      ...{ runId: id, params, window, results, queries, scrubber, driver, signal },
      mayNotWrite: writeRule(runbook, step),
      byContract: runbook.manifest.rubric === undefined,
      appendix,
      emit: this.#emit,
      emitArtifacts: () => this.#emitArtifacts(),
    });
    const { number, id: stepId } = step;
    try {
      await untilInterrupted(signal, runner.perform(), this.#abandon);
    } catch (error) {
      const failed = { type: 'step_failed', number, id: stepId, ...failureOf(error), elapsed_s: elapsed() } as const;
      if (!(step.gate && stopsAtGate(error))) this.#emitSafely(failed);
      throw error;
    }
    this.#emit({ type: 'step_finished', number, id: stepId, elapsed_s: elapsed() });
  }

  async #stop(step: Step, error: unknown): Promise<RunOutcome> {
    const exit = exitOfFailure(error);
    if (exit !== 130) await this.#writeStopReport(step, error).catch(() => undefined);
    return this.#finish(exit);
  }

  /** No data, no report: not even one that an earlier call of the step wrote. */
  async #gate(step: Step | undefined, error: unknown): Promise<RunOutcome> {
    rmSync(this.#parts.results.resolve(REPORT), { force: true });
    await this.#writeStopReport(step, error);
    this.#emit({ type: 'gate_stopped', number: step?.number ?? 1, id: step?.id ?? '', ...failureOf(error) });
    return this.#finish(3);
  }

  async #writeStopReport(step: Step | undefined, error: unknown): Promise<void> {
    const { results, params, scrubber } = this.#parts;
    const stop = {
      params,
      source: this.#opened?.source.label ?? 'the source',
      backend: this.#opened?.source.kind ?? 'posthog',
      runDate: (this.#opened?.window.to ?? new Date()).toISOString(),
      done: this.#done,
      step: step?.number ?? 1,
      ...failureOf(error),
    };
    await writeStopReport(results, { runbook: this.#options.runbook, ...scrubber.json(stop) });
  }

  async #grade(opened: OpenedSource): Promise<RunOutcome> {
    const { runbook, rounds, judge, driver, signal } = this.#options;
    const { id, results } = this.#parts;
    const { mend } = runbook;
    try {
      const grade = await gradeInRounds({
        ...{ runbook, results, rounds, emit: this.#emit },
        judge: judge?.({ runId: id, signal, emit: this.#emit }),
        mend:
          driver.kind === 'scripted'
            ? { reason: 'scripted: a further round would make the same calls again' }
            : mend
              ? { perform: (reasons) => this.#runStep(mend, opened, reasons) }
              : { reason: 'the runbook has no step that mends a report' },
      });
      return this.#finish(grade.passed ? 0 : 1, grade);
    } catch (error) {
      const exit = exitOfFailure(error);
      // Where mending ended the run, the log says so already.
      if (exit === 5) this.#emitSafely({ type: 'grade_failed', ...failureOf(error) });
      return this.#finish(exit);
    }
  }

  #emitArtifacts(): void {
    for (const event of this.#watch?.changes() ?? []) this.#emit(event);
  }

  /** Says what is known even when the log can no longer be written (a full disk): readers see it, and the run is over anyway. */
  #emitSafely(event: EventBody): void {
    try {
      this.#emit(event);
    } catch {
      // The first failure to write is the one that is reported.
    }
  }

  #finish(exitCode: RunExit, grade: Grade | null = null): RunOutcome {
    const { results } = this.#parts;
    const records = this.#opened?.queries.records ?? [];
    const report = this.#done.length > 0 && results.exists(REPORT) ? results.resolve(REPORT) : null;
    for (const event of this.#watch?.changes() ?? []) this.#emitSafely(event);
    this.#emitSafely({
      type: 'run_finished',
      exit: exitCode,
      queries: records.length,
      response_bytes: records.reduce((sum, record) => sum + record.response_bytes, 0),
      elapsed_s: (performance.now() - this.#started) / 1000,
      report,
    });
    return { exitCode, resultsDir: results.root, report, grade };
  }
}
