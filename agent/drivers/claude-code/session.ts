import { once } from 'node:events';
import { RunbookError } from '../../../lib/errors.ts';
import { truncate } from '../../../lib/format.ts';
import type { StepContext } from '../../driver.ts';
import type { Step } from '../../runbook/manifest.ts';
import { type Budget, spent } from '../claude/budget.ts';
import { REPEATED, unfinished } from '../claude/conversation.ts';
import { generationEvent, type TokenUsage, tokensOf } from '../claude/generation.ts';
import { LoopGuard } from '../claude/loop-guard.ts';
import type { AgentModel } from '../claude/models.ts';
import type { Toolbox, ToolOutcome } from '../claude/toolbox.ts';
import { type Cli, SERVER } from './cli.ts';
import { type CliLine, type CliResult, readLine } from './lines.ts';

/** How often a model that stops before the outputs exist is reminded. */
const MAX_NUDGES = 3;
/** Silence of the program while no tool runs, after which it is given up, ms. */
const IDLE_MS = 300_000;

interface SessionParts {
  step: Step;
  context: StepContext;
  toolbox: Toolbox;
  budget: Budget;
  model: AgentModel;
  provider: string;
  cli: Cli;
}

/** One step as a conversation that Claude Code leads: what it prints becomes events, and its word is not what ends the step. */
export class Session {
  readonly #parts: SessionParts;
  readonly #guard = new LoopGuard();
  #request = newRequest();
  #turn = 0;
  #nudges = 0;
  #failure: unknown;
  #summary: string | undefined;
  #done = false;
  #tools = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  readonly #over = new AbortController();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /**
   * @returns the summary for later steps
   * @throws RunbookError `agent_stopped`, `agent_budget`, what tools throw, or the signal's reason
   */
  async perform(prompt: string): Promise<string> {
    const { cli, context } = this.#parts;
    const abort = () => void cli.stop();
    context.signal.addEventListener('abort', abort, { once: true });
    let left: Awaited<ReturnType<Cli['stop']>>;
    try {
      cli.say(prompt);
      this.#watch();
      for await (const text of cli.lines) this.#take(text);
    } finally {
      clearTimeout(this.#idle);
      context.signal.removeEventListener('abort', abort);
      left = await cli.stop();
      this.#over.abort();
      // A tool that still runs belongs to this step.
      await this.#queue;
    }
    context.signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#done) return this.#summary ?? '';
    const reason = left.stderr.trim().split('\n').at(-1);
    throw this.#stopped(`Claude Code ended by itself (${left.exit}${reason ? `: ${reason}` : ''})`, SEE_LOG);
  }

  /** A tool call of the model. Those that write run one after the other. */
  runTool(name: string, input: unknown): Promise<ToolOutcome> {
    const verdict = this.#guard.check(name, input);
    if (verdict === 'stop')
      this.#fail(this.#stopped(`the model makes the same call of ${name} over and over`, SEE_LOG));
    if (verdict !== 'run') return Promise.resolve(REPEATED);
    const { toolbox } = this.#parts;
    const run = () => this.#performTool(name, input);
    if (toolbox.isParallel({ name, input })) return run();
    const result = this.#queue.then(run);
    this.#queue = result;
    return result.then(async (outcome) => {
      // An answer to the last call would only cause one more request.
      if (outcome.finished !== undefined && !this.#over.signal.aborted) await once(this.#over.signal, 'abort');
      return outcome;
    });
  }

  async #performTool(name: string, input: unknown): Promise<ToolOutcome> {
    if (this.#failure !== undefined) return OVER;
    this.#tools += 1;
    this.#watch();
    try {
      const outcome = await this.#parts.toolbox.run({ name, input });
      this.#summary = outcome.finished ?? this.#summary;
      this.#endIfFinished();
      return outcome;
    } catch (error) {
      this.#fail(error);
      return OVER;
    } finally {
      this.#tools -= 1;
      this.#watch();
    }
  }

  /** The first failure is the one that is told. */
  #fail(error: unknown): void {
    this.#failure ??= error;
    void this.#parts.cli.stop();
  }

  #stopped(why: string, hint: string): RunbookError {
    const { number, title } = this.#parts.step;
    return new RunbookError('agent_stopped', `Step ${number} (${title}): ${why}.`, { hint });
  }

  /** Begins to count the silence anew. */
  #watch(): void {
    clearTimeout(this.#idle);
    if (this.#tools > 0) return;
    const stop = () =>
      this.#fail(this.#stopped(`Claude Code said nothing for ${IDLE_MS / 1000} s`, 'Try again later.'));
    this.#idle = setTimeout(stop, IDLE_MS);
  }

  #take(text: string): void {
    this.#watch();
    const line = readLine(text);
    if (!line || this.#failure !== undefined) return;
    try {
      this.#read(line);
    } catch (error) {
      this.#fail(error);
    }
  }

  #read(line: CliLine): void {
    const { context, step } = this.#parts;
    switch (line.kind) {
      case 'ready':
        this.#begun(line.servers);
        break;
      case 'request':
        this.#request = newRequest();
        break;
      case 'retry':
        context.emit({
          type: 'model_retry',
          step: step.number,
          attempt: line.attempt,
          wait_s: line.waitS,
          reason: line.reason,
        });
        break;
      case 'usage':
        // These counts are running totals, not additions.
        this.#request.usage = { ...this.#request.usage, ...line.usage };
        this.#request.stopReason = line.stopReason;
        break;
      case 'said':
        this.#request.id = line.requestId;
        if (line.text !== '') context.emit({ type: 'model_text', step: step.number, text: line.text });
        break;
      case 'answered':
        this.#count();
        break;
      case 'result':
        this.#ended(line);
        break;
    }
  }

  /** Without its tools the program would go on, and say that it did. */
  #begun(servers: { name: string; status: string }[]): void {
    const own = servers.find((server) => server.name === SERVER);
    if (own?.status === 'connected') return;
    throw this.#stopped(`Claude Code could not reach its tools (${own?.status ?? 'unknown'})`, 'Use --agent claude.');
  }

  #count(): void {
    const { budget, context, step, model, provider } = this.#parts;
    const { started, usage, stopReason, id } = this.#request;
    this.#turn += 1;
    this.#guard.beginTurn();
    const latencyS = (performance.now() - started) / 1000;
    const asker = { step, runId: context.runId, turn: this.#turn, model, provider };
    const broken = stopReason === null ? { error: { message: 'The answer broke off.', status: null } } : {};
    const event = generationEvent({ usage, stopReason, latencyS, requestId: id, ...broken }, asker);
    budget.spend(tokensOf(usage), event.properties.$ai_total_cost_usd);
    context.emit(event);
    this.#request.counted = true;
    this.#endIfFinished();
    // Only the results of tools are followed by another request.
    if (stopReason === 'tool_use' && !this.#done) budget.check();
  }

  /** The step is over with finish_step, once the answer that called it is counted. */
  #endIfFinished(): void {
    if (this.#summary === undefined || !this.#request.counted) return;
    this.#done = true;
    void this.#parts.cli.stop();
  }

  /** The end of an answer: what it says of itself counts only where it says that it failed. */
  #ended({ outcome, text, reason, denied }: CliResult): void {
    const { context, cli, step } = this.#parts;
    for (const tool of denied) context.emit({ type: 'tool_failed', step: step.number, tool, elapsed_s: 0, ...DENIED });
    if (outcome !== 'success') throw this.#failed(outcome, reason);
    const problems = context.unfinished();
    if (problems.length === 0) {
      this.#done = true;
      this.#summary ??= text;
      cli.finish();
      return;
    }
    this.#nudges += 1;
    if (this.#nudges > MAX_NUDGES)
      throw this.#stopped(`the model stops without leaving its outputs: ${problems.join('; ')}`, SEE_LOG);
    cli.say(unfinished(problems));
  }

  #failed(outcome: string, reason: string): RunbookError {
    if (outcome === 'error_max_turns') return spent('the step took too many turns', SEE_LOG);
    if (outcome === 'error_max_budget_usd')
      return spent('the money, as Claude Code counts it', 'Raise it with --max-cost.');
    return this.#stopped(
      `Claude Code failed (${outcome}${reason ? `: ${truncate(reason, 500)}` : ''})`,
      'Check the model key, or use --agent scripted.',
    );
  }
}

interface Request {
  started: number;
  usage: TokenUsage;
  stopReason: string | null;
  id: string | null;
  counted: boolean;
}

function newRequest(): Request {
  const usage = { input_tokens: 0, output_tokens: 0 };
  return { started: performance.now(), usage, stopReason: null, id: null, counted: false };
}

const SEE_LOG = 'See events.jsonl for what it tried.';
const DENIED = { code: 'forbidden', message: 'The runbook does not allow this tool.', hint: null };
const OVER: ToolOutcome = { content: 'The run has ended.', isError: true };
