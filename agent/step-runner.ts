import { RunbookError } from '../lib/errors.ts';
import { FactStore } from '../tools/facts.ts';
import type { ResultsDir } from '../tools/results-dir.ts';
import type { ToolContext } from '../tools/tool.ts';
import { artifactsOf } from './artifacts.ts';
import { callTool } from './call-tool.ts';
import type { Driver, StepNote, ToolCall } from './driver.ts';
import type { EventBody } from './events.ts';
import { Outputs } from './outputs.ts';
import type { Parameters } from './parameters.ts';
import { QueryFile } from './query-file.ts';
import type { Recorder } from './record/recorder.ts';
import type { Queries, QueryPlace, QueryRecord } from './recorded-source.ts';
import { type RenderedStep, renderStep } from './render.ts';
import type { Step } from './runbook/manifest.ts';
import type { Scrubber } from './secrets.ts';
import type { WriteRule } from './write-rules.ts';

/** Looking at what is there is allowed in every step. */
const READING = 'read_artifact';

interface StepRunnerOptions {
  runId: string;
  params: Parameters;
  window: { from: Date; to: Date };
  results: ResultsDir;
  /** What the step's text calls it. */
  resultsDirName: string;
  queries: Queries;
  notes: readonly StepNote[];
  recorder: Recorder;
  mayNotWrite: WriteRule;
  /** Whether the data files are those of the trace optimizer. */
  byContract: boolean;
  /** Follows the step's own text as it stands: no template, and no reference calls. */
  appendix: string;
  scrubber: Scrubber;
  driver: Driver;
  signal: AbortSignal;
  emit(event: EventBody): void;
  /** Logs the artifacts that are new or changed. */
  emitArtifacts(): void;
}

/** Performs one step: renders it, lets the driver call its tools, and checks from outside what it left. */
export class StepRunner {
  readonly #step: Step;
  readonly #options: StepRunnerOptions;

  constructor(step: Step, options: StepRunnerOptions) {
    this.#step = step;
    this.#options = options;
  }

  /**
   * @returns what later steps must know
   * @throws RunbookError what its template, its tools or its missing outputs are to blame for
   */
  async perform(): Promise<string | undefined> {
    const { params, results, queries, notes, recorder, scrubber, driver, signal, emit, emitArtifacts } = this.#options;
    const { number, id, title, file, outputs } = this.#step;
    const rendered = this.#render();
    const written = new QueryFile(results, queries);
    const declared = new Outputs(results, outputs, this.#options.byContract);
    emit({ type: 'step_started', number, id, title, rendered_sha256: recorder.keepText(rendered.text) });
    let note: string | undefined;
    try {
      note = await driver.performStep(this.#step, rendered, {
        signal,
        runId: this.#options.runId,
        params,
        unfinished: () => declared.problems(),
        notes,
        scrub: (value) => scrubber.json(value),
        keep: (value) => recorder.keep(value),
        emit,
        call: (call) => this.#call(call).finally(() => written.save()),
      });
    } finally {
      await written.whole();
      emitArtifacts();
    }
    const problems = declared.problems();
    if (problems.length === 0) return note;
    throw new RunbookError('runbook_invalid', `${file}: the step did not leave its outputs: ${problems.join('; ')}.`, {
      at: file,
      hint: 'Its frontmatter declares these outputs: call a tool that writes them, or declare what it does write.',
    });
  }

  #render(): RenderedStep {
    const { params, window, results, resultsDirName, appendix, runId } = this.#options;
    const rendered = renderStep(this.#step, {
      params,
      window,
      run: { id: runId },
      resultsDir: resultsDirName,
      artifacts: artifactsOf(results),
    });
    if (appendix === '') return rendered;
    const { text, brief } = rendered;
    return { ...rendered, text: `${text}\n${appendix}`, brief: () => `${brief()}\n${appendix}` };
  }

  async #call(call: ToolCall): Promise<unknown> {
    const { recorder, emit, emitArtifacts } = this.#options;
    const { number: step, tools } = this.#step;
    if (!tools.includes(call.tool) && call.tool !== READING) {
      const at = call.placeOf([]);
      throw new RunbookError('runbook_invalid', `${at}: the step may not call ${call.tool}.`, {
        at,
        hint: `Its frontmatter lists: ${tools.join(', ') || 'no tools'}.`,
      });
    }
    const usage = { queries: 0, rows: 0, response_bytes: 0 };
    const onQuery = ({ rows, response_bytes }: QueryRecord) => {
      usage.queries += 1;
      usage.rows += rows;
      usage.response_bytes += response_bytes;
    };
    const number = recorder.nextCall();
    const keep = (value: unknown) => recorder.keepCut(value);
    try {
      const context = this.#context({ step, call: number, tool: call.tool }, onQuery);
      return await callTool(call, { step, number, context, emit, usage: () => usage, keep });
    } finally {
      emitArtifacts();
    }
  }

  #context(place: QueryPlace, onQuery: (record: QueryRecord) => void): ToolContext {
    const { params, window, results, queries, recorder, mayNotWrite, signal, emit } = this.#options;
    const { step, tool } = place;
    return {
      source: queries.sourceFor(place, onQuery),
      results: results.guarded((file) => mayNotWrite(tool, file)),
      facts: new FactStore(results),
      params,
      window,
      signal,
      outside: (name, ask) =>
        recorder.outside(name, ask, (answer) => emit({ type: 'outside_read', ...place, name, answer })),
      progress: (message) => emit({ type: 'tool_progress', step, tool, message }),
    };
  }
}
