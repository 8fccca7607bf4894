import { RunbookError } from '../../lib/errors.ts';
import type { Source } from '../../sources/source.ts';
import { FactStore } from '../../tools/facts.ts';
import type { ResultsDir } from '../../tools/results-dir.ts';
import type { ToolContext } from '../../tools/tool.ts';
import { callTool } from '../call-tool.ts';
import type { Parameters } from '../parameters.ts';
import type { Scrubber } from '../secrets.ts';

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
    const to = source.now();
    const days = Number(params.window_days ?? DEFAULT_WINDOW_DAYS);
    const context: ToolContext = {
      source,
      results,
      facts: new FactStore(results),
      params,
      window: { from: new Date(to.getTime() - days * DAY_MS), to },
      signal,
      progress,
    };
    const usage = () => ({ queries: 0, rows: 0, response_bytes: 0 });
    const call = { tool, input, placeOf: () => `the input of ${tool}` };
    return scrubber.json(await callTool(call, { step: 0, context, emit: () => undefined, usage }));
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
