import { sqlFragments } from '../../analysis/sql.ts';
import type { Source } from '../../sources/source.ts';
import { FactStore } from '../../tools/facts.ts';
import { loadTool } from '../../tools/registry.ts';
import type { ResultsDir } from '../../tools/results-dir.ts';
import { artifactsOf } from '../artifacts.ts';
import { callTool } from '../call-tool.ts';
import type { Parameters } from '../parameters.ts';
import { expandFragments, renderStep } from '../render.ts';
import type { Step } from '../runbook/manifest.ts';
import type { Scrubber } from '../secrets.ts';
import { seen } from '../untrusted.ts';
import type { WriteRule } from '../write-rules.ts';
import { adviceOn } from './advice.ts';
import { type Opened, SharedSource } from './shared-source.ts';
import { Turns } from './turns.ts';

/** How often a call that takes long says that it still runs. */
const HEARTBEAT_MS = 2000;
const DEFAULT_WINDOW_DAYS = 30;

interface WorkbenchOptions {
  /** Opened with the first call that needs it. */
  source(): Promise<Source>;
  results: ResultsDir;
  params: Parameters;
  scrubber: Scrubber;
  mayNotWrite: WriteRule;
}

interface CallHandlers {
  signal: AbortSignal;
  progress(message: string): void;
}

/** Source, results dir and parameters as the tools of an MCP server share them, over all its sessions. */
export class Workbench {
  readonly results: ResultsDir;
  readonly #options: WorkbenchOptions;
  readonly #source: SharedSource;
  /** Tools read files, add to them and write them back: two at once would lose what one of them added. */
  readonly #writes = new Turns();

  constructor(options: WorkbenchOptions) {
    this.#options = options;
    this.results = options.results;
    this.#source = new SharedSource(options.source, Number(options.params.window_days ?? DEFAULT_WINDOW_DAYS));
  }

  /**
   * Runs a tool; those that write come one after another. Its output holds no secret of the environment and no unseen characters.
   * @throws RunbookError what the tool throws, or `interrupted`
   */
  async call(tool: string, input: unknown, handlers: CallHandlers): Promise<unknown> {
    const { signal, progress } = handlers;
    const started = performance.now();
    let state = 'waits for the source to open';
    const beat = setInterval(
      () => progress(`${tool} ${state} (${Math.round((performance.now() - started) / 1000)} s)`),
      HEARTBEAT_MS,
    );
    try {
      const opened = await this.#source.get(signal);
      const run = () => {
        state = 'runs';
        return this.#run(tool, input, opened, handlers);
      };
      state = 'waits for a call that writes';
      return await ((await changes(tool, input)) ? this.#writes.take(signal, run) : run());
    } finally {
      clearInterval(beat);
    }
  }

  async #run(tool: string, input: unknown, opened: Opened, handlers: CallHandlers): Promise<unknown> {
    const { results, params, scrubber, mayNotWrite } = this.#options;
    const expanded = expandFragments(input, { ...sqlFragments(String(params.operation_property ?? '')) });
    const call = { tool, input: expanded, placeOf: () => `the input of ${tool}` };
    const guarded = results.guarded((file) => mayNotWrite(tool, file));
    const outside = <T>(_name: string, ask: () => Promise<T>) => ask();
    const context = { ...opened, ...handlers, outside, results: guarded, params, facts: new FactStore(results) };
    const usage = () => ({ queries: 0, rows: 0, response_bytes: 0 });
    const output = await callTool(call, {
      step: 0,
      number: 0,
      context,
      emit: () => undefined,
      usage,
      keep: () => null,
    });
    // Unseen characters go first: they could split a secret.
    return scrubber.json(seen(JSON.parse(JSON.stringify(output))));
  }

  /** A step as a model reads it: parameters filled in, SQL fragments by their names, as calls may use them. */
  async step(step: Step, signal: AbortSignal): Promise<string> {
    const { results, params } = this.#options;
    const { window } = await this.#source.get(signal);
    const artifacts = artifactsOf(results);
    return renderStep(step, { params, window, run: { id: 'mcp' }, resultsDir: results.root, artifacts }).brief();
  }

  /** What a failed call says to a model; see `adviceOn`. */
  advice(error: unknown): string {
    return adviceOn(error, (text) => this.clean(text));
  }

  /** Text without unseen characters and without the secrets of the environment. */
  clean(text: string): string {
    return this.#options.scrubber.text(String(seen(text)));
  }

  async close(): Promise<void> {
    await this.#source.close();
  }
}

/** Whether a call writes. A query whose rows are only shown does not, and may take long: nobody has to wait for it. */
async function changes(name: string, input: unknown): Promise<boolean> {
  const { writes } = await loadTool(name);
  if (name !== 'hogql_query') return writes !== 'nothing';
  return typeof input === 'object' && input !== null && 'save_as' in input;
}
