import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ioError } from '../lib/files.ts';
import type { Grade } from '../rubric/grade.ts';
import { ResultsDir } from '../tools/results-dir.ts';
import { failureOf } from './call-tool.ts';
import type { StepNote } from './driver.ts';
import type { EventBody, EventSink } from './events.ts';
import { untilInterrupted } from './interrupt.ts';
import { lockResults } from './lock.ts';
import { EventLog } from './log.ts';
import { type OpenedSource, openedEvent } from './opened-source.ts';
import { exitOfFailure, type RunExit, stopsAtGate } from './outcome.ts';
import { type Parameters, resolveParameters } from './parameters.ts';
import { recordedJudge } from './record/judge.ts';
import { Payloads } from './record/payloads.ts';
import { LiveRecorder, type Recorder } from './record/recorder.ts';
import { keepRunbook, startEvent } from './record/start.ts';
import type { OnQuery } from './recorded-source.ts';
import { ArtifactWatch, clearEarlierRun, EVENTS, REPORT } from './results.ts';
import { gradeInRounds } from './rounds.ts';
import type { RunOptions, RunOutcome } from './run-options.ts';
import type { Step } from './runbook/manifest.ts';
import { Scrubber } from './secrets.ts';
import { StepRunner } from './step-runner.ts';
import { writeStopReport } from './stop-report.ts';
import { writeRule } from './write-rules.ts';

/** For runbooks that have no parameter window_days. */
const DEFAULT_WINDOW_DAYS = 30;

/**
 * Performs a runbook into a results dir. Everything that happens is an event, in `events.jsonl` and to the sink; the verdict comes from
 * the grader, which reads the files only.
 * @throws RunbookError for what keeps a run from starting (`usage`, `not_events`, `source_unavailable`, `io`): the results dir is then as
 * it was. Whatever fails later is an outcome.
 */
export async function runRunbook(options: RunOptions, sink: EventSink): Promise<RunOutcome> {
  const { runbook, earlier, env } = options;
  const params = options.params ?? resolveParameters(runbook.manifest, options.parameters);
  const existed = existsSync(options.resultsDir);
  const declared = Object.values(runbook.manifest.secrets).map((secret) => secret.env);
  const scrubber = new Scrubber(env, declared);
  const results = ResultsDir.create(options.resultsDir, {
    overwrite: options.overwrite || earlier !== undefined,
    scrub: (text) => scrubber.text(text),
  });
  assertWritable(results.root);
  const unlock = lockResults(results.root);
  const id = options.id ?? randomUUID();
  const after = earlier?.as.kind === 'resumed' ? { after: earlier.as.events } : {};
  const log = new EventLog({ run: id, scrubber, sinks: [sink], ...after });
  const payloads = new Payloads(results.root, (value) => scrubber.json(value));
  const recorder = options.recorder ?? new LiveRecorder(payloads, earlier?.calls);
  const run = new Run(options, { id, params, results, log, scrubber, recorder });
  try {
    options.prepare?.();
    return await run.perform();
  } finally {
    await run.close();
    log.close();
    unlock();
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
  recorder: Recorder;
}

class Run {
  readonly #options: RunOptions;
  readonly #parts: RunParts;
  readonly #started = performance.now();
  readonly #done: string[];
  readonly #notes: StepNote[];
  #opened: OpenedSource | undefined;
  #watch: ArtifactWatch | undefined;
  #abandoned = false;

  constructor(options: RunOptions, parts: RunParts) {
    this.#options = options;
    this.#parts = parts;
    this.#done = [...(options.earlier?.done ?? [])];
    this.#notes = [...(options.earlier?.notes ?? [])];
  }

  async perform(): Promise<RunOutcome> {
    const { driver, earlier, runbook, through } = this.#options;
    driver.resume?.(earlier?.generations ?? []);
    if (earlier) this.#begin();
    this.#emit(startEvent(this.#options, { params: this.#parts.params, resultsDir: this.#parts.results.root }));
    if (earlier?.as.kind === 'forked') for (const event of earlier.as.events) this.#parts.log.adopt(event);
    if (earlier?.as.kind === 'resumed') for (const event of earlier.as.restored) this.#emit(event);
    try {
      this.#opened = await this.#openSource();
    } catch (error) {
      return this.#notOpened(error);
    }
    if (!earlier) this.#begin();
    for (const step of runbook.steps.slice(earlier?.steps ?? 0, through)) {
      const stopped = await this.#performStep(step, this.#opened);
      if (stopped) return stopped;
    }
    return through === undefined ? this.#grade(this.#opened) : this.#finish(0);
  }

  /** A call that did not notice the interruption still holds the source: the process ends with it. */
  async close(): Promise<void> {
    if (!this.#abandoned) await this.#opened?.source.close();
  }

  #abandon = (): void => {
    this.#abandoned = true;
  };

  #emit = (event: EventBody): void => this.#parts.log.emit(event);

  async #openSource(): Promise<OpenedSource> {
    const { open, earlier, signal } = this.#options;
    const { params, recorder } = this.#parts;
    const started = performance.now();
    const onQuery: OnQuery = ({ sql, values_sha256, bytes_read, cached, ...query }, exchange, { call }) =>
      this.#emit({ type: 'query', call, ...query, ...recorder.keepQuery(exchange) });
    const opened = await open({
      days: Number(params.window_days ?? DEFAULT_WINDOW_DAYS),
      signal,
      onQuery,
      earlier: earlier?.source ?? undefined,
      onAbandon: this.#abandon,
    });
    this.#emit(openedEvent(opened, (performance.now() - started) / 1000));
    return opened;
  }

  /** Nothing was started: an earlier run's results stay, unless a gate has something to say. */
  async #notOpened(error: unknown): Promise<RunOutcome> {
    const { earlier, runbook } = this.#options;
    this.#emit({ type: 'source_failed', ...failureOf(error) });
    const exit = exitOfFailure(error);
    if (exit === 130) return this.#finish(exit);
    if (!stopsAtGate(error)) throw error;
    if (!earlier) this.#begin();
    return this.#gate(runbook.steps[earlier?.steps ?? 0], error);
  }

  #begin(): void {
    const { results, log, recorder } = this.#parts;
    const { runbook, earlier, overwrite } = this.#options;
    if (overwrite && !earlier) clearEarlierRun(results, runbook);
    this.#watch = new ArtifactWatch(results.root, (content) => recorder.keepArtifact(content));
    keepRunbook(runbook, recorder);
    log.attach(path.join(results.root, EVENTS), recorder);
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
    const { id, results, scrubber, recorder } = this.#parts;
    const { runbook, driver, signal, resultsDirName = results.root, paramsOf } = this.#options;
    const params = paramsOf?.(step.number) ?? this.#parts.params;
    const runner = new StepRunner(step, {
      ...{ runId: id, params, window, results, resultsDirName, queries, scrubber, recorder, driver, signal },
      notes: this.#notes,
      mayNotWrite: writeRule(runbook, step),
      byContract: runbook.manifest.rubric === undefined,
      appendix,
      emit: this.#emit,
      emitArtifacts: this.#emitArtifacts,
    });
    const { number, id: stepId, title } = step;
    let note: string | undefined;
    try {
      note = await untilInterrupted(signal, runner.perform(), this.#abandon);
    } catch (error) {
      const failed = { type: 'step_failed', number, id: stepId, ...failureOf(error), elapsed_s: elapsed() } as const;
      if (!(step.gate && stopsAtGate(error))) this.#emitSafely(failed);
      throw error;
    }
    if (note !== undefined) this.#notes.push({ number, title, summary: note });
    this.#emit({ type: 'step_finished', number, id: stepId, note: note ?? null, elapsed_s: elapsed() });
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
    const { runbook, rounds, judge, driver, signal, earlier } = this.#options;
    const { id, results, recorder } = this.#parts;
    const { mend } = runbook;
    const asked = judge?.({ runId: id, signal, emit: this.#emit });
    try {
      const grade = await gradeInRounds({
        ...{ runbook, results, rounds, emit: this.#emit, emitArtifacts: this.#emitArtifacts },
        earlier: earlier?.rounds,
        judge: asked && recordedJudge(asked, recorder, this.#emit),
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

  #emitArtifacts = (): void => {
    for (const event of this.#watch?.changes() ?? []) this.#emit(event);
  };

  /** Says what is known even when the log can no longer be written (a full disk): readers see it, and the run is over anyway. */
  #emitSafely(event: EventBody): void {
    try {
      this.#emit(event);
    } catch {
      // The first failure to write is the one that is reported.
    }
  }

  /** A verdict that the log does not have is none: the run failed. */
  #finish(exitCode: RunExit, grade: Grade | null = null): RunOutcome {
    const { results } = this.#parts;
    const records = this.#opened?.queries.records ?? [];
    const report = this.#done.length > 0 && results.exists(REPORT) ? results.resolve(REPORT) : null;
    for (const event of this.#changesLeft()) this.#emitSafely(event);
    const end = (exit: RunExit): EventBody => ({
      type: 'run_finished',
      exit,
      queries: records.length,
      response_bytes: records.reduce((sum, record) => sum + record.response_bytes, 0),
      elapsed_s: (performance.now() - this.#started) / 1000,
      report,
    });
    const outcome = { id: this.#parts.id, exitCode, resultsDir: results.root, report, grade };
    try {
      this.#emit(end(exitCode));
      return outcome;
    } catch (error) {
      if (exitCode > 1) return outcome;
      this.#emitSafely({ type: 'grade_failed', ...failureOf(error) });
      this.#emitSafely(end(5));
      return { ...outcome, exitCode: 5 };
    }
  }

  /** A disk that is full takes no payload either. */
  #changesLeft(): EventBody[] {
    try {
      return this.#watch?.changes() ?? [];
    } catch {
      return [];
    }
  }
}
