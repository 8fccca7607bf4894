import { sqlFragments } from '../../analysis/sql.ts';
import { RunbookError } from '../../lib/errors.ts';
import type { Source } from '../../sources/source.ts';
import { FactStore } from '../../tools/facts.ts';
import type { ResultsDir } from '../../tools/results-dir.ts';
import type { ToolContext } from '../../tools/tool.ts';
import { artifactsOf } from '../artifacts.ts';
import { callTool } from '../call-tool.ts';
import type { Parameters } from '../parameters.ts';
import { expandFragments, renderStep } from '../render.ts';
import type { Step } from '../runbook/manifest.ts';
import type { Scrubber } from '../secrets.ts';

/** How often a call that takes long says that it still runs. */
const HEARTBEAT_MS = 2000;
const DAY_MS = 86_400_000;
const DEFAULT_WINDOW_DAYS = 30;

interface WorkbenchOptions {
  /** Opened with the first call that needs it. */
  source(): Promise<Source>;
  results: ResultsDir;
  params: Parameters;
  scrubber: Scrubber;
}

interface CallHandlers {
  signal: AbortSignal;
  progress(message: string): void;
}

/** Source, results dir and parameters as the tools of an MCP server share them. */
export class Workbench {
  readonly results: ResultsDir;
  readonly #options: WorkbenchOptions;
  #source: Promise<Source> | undefined;

  constructor(options: WorkbenchOptions) {
    this.#options = options;
    this.results = options.results;
  }

  /** Runs a tool. Its output holds no secret of the environment. @throws RunbookError what the tool throws */
  async call(tool: string, input: unknown, { signal, progress }: CallHandlers): Promise<unknown> {
    const source = await this.#opened(signal);
    const { results, params, scrubber } = this.#options;
    const expanded = expandFragments(input, { ...sqlFragments(String(params.operation_property ?? '')) });
    const context: ToolContext = {
      source,
      results,
      facts: new FactStore(results),
      params,
      window: this.#window(source),
      signal,
      progress,
    };
    const usage = () => ({ queries: 0, rows: 0, response_bytes: 0 });
    const call = { tool, input: expanded, placeOf: () => `the input of ${tool}` };
    const started = performance.now();
    const beat = setInterval(
      () => progress(`${tool} has run for ${Math.round((performance.now() - started) / 1000)} s`),
      HEARTBEAT_MS,
    );
    try {
      return scrubber.json(await callTool(call, { step: 0, context, emit: () => undefined, usage }));
    } finally {
      clearInterval(beat);
    }
  }

  /** A step as a model reads it: parameters filled in, SQL fragments by their names, as calls may use them. */
  async step(step: Step, signal: AbortSignal): Promise<string> {
    const { results, params } = this.#options;
    const window = this.#window(await this.#opened(signal));
    const artifacts = artifactsOf(results);
    return renderStep(step, { params, window, run: { id: 'mcp' }, resultsDir: results.root, artifacts }).brief();
  }

  #window(source: Source): { from: Date; to: Date } {
    const to = source.now();
    const days = Number(this.#options.params.window_days ?? DEFAULT_WINDOW_DAYS);
    return { from: new Date(to.getTime() - days * DAY_MS), to };
  }

  /** What a failed call says to a model: the reason, the place in a query, and what to do. */
  advice(error: unknown): string {
    if (!(error instanceof RunbookError)) return 'The tool failed unexpectedly. Try another way.';
    const { code, message, position, hint } = error;
    const at = position ? ` (characters ${position.start} to ${position.end})` : '';
    return this.#options.scrubber.text(`${code}: ${message}${at}${hint ? `\n${hint}` : ''}`);
  }

  async close(): Promise<void> {
    const source = await this.#source?.catch(() => undefined);
    await source?.close();
  }

  /** A source that could not be opened is tried again by the next call. */
  #opened(signal: AbortSignal): Promise<Source> {
    this.#source ??= this.#options.source().then(async (source) => {
      await source.open(signal);
      return source;
    });
    this.#source.catch(() => {
      this.#source = undefined;
    });
    return this.#source;
  }
}
