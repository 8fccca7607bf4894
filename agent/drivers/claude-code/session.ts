import { once } from 'node:events';
import { RunbookError } from '../../../lib/errors.ts';
import { truncate } from '../../../lib/format.ts';
import type { StepContext } from '../../driver.ts';
import type { Step } from '../../runbook/manifest.ts';
import { type Budget, spent } from '../claude/budget.ts';
import { REPEATED, unfinished } from '../claude/conversation.ts';
import { LoopGuard } from '../claude/loop-guard.ts';
import type { AgentModel } from '../claude/models.ts';
import { FINISH_STEP, type Toolbox, type ToolOutcome } from '../claude/toolbox.ts';
import { type Cli, SERVER } from './cli.ts';
import { type CliLine, type CliResult, readLine } from './lines.ts';
import { Requests } from './requests.ts';

/** How often a model that stops before the outputs exist is reminded. */
const MAX_NUDGES = 3;
/** Silence of the program while no tool runs, after which it is given up, ms. */
const IDLE_MS = 300_000;
/** The longest time that a timer takes, ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

interface SessionParts {
  step: Step;
  context: StepContext;
  toolbox: Toolbox;
  budget: Budget;
  model: AgentModel;
  provider: string;
  cli: Cli;
  /** Shorter in tests. */
  idleMs?: number;
}

/** One step as a conversation that Claude Code leads: what it prints becomes events, and its word is not what ends the step. */
export class Session {
  readonly #parts: SessionParts;
  readonly #guard = new LoopGuard();
  readonly #requests: Requests;
  #nudges = 0;
  #failure: unknown;
  #summary: string | undefined;
  #done = false;
  #tools = 0;
  #queue: Promise<unknown> = Promise.resolve();
  /** Every call so far; none of them fails. */
  readonly #calls: Promise<unknown>[] = [];
  #idle: NodeJS.Timeout | undefined;
  #clock: NodeJS.Timeout | undefined;
  readonly #over = new AbortController();

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#requests = new Requests(parts);
  }

  /**
   * @returns the summary for later steps
   * @throws RunbookError `agent_stopped`, `agent_budget`, what tools throw, or the signal's reason
   */
  async perform(prompt: string): Promise<string> {
    const { cli, context } = this.#parts;
    const abort = () => this.#stop();
    context.signal.addEventListener('abort', abort, { once: true });
    let left: Awaited<ReturnType<Cli['stop']>>;
    try {
      cli.say(prompt);
      this.#watch();
      this.#limitTime();
      for await (const text of cli.lines) this.#take(text);
    } finally {
      clearTimeout(this.#clock);
      clearTimeout(this.#idle);
      context.signal.removeEventListener('abort', abort);
      left = await cli.stop();
      this.#over.abort();
      this.#requests.close();
      // A tool that still runs belongs to this step.
      await Promise.all(this.#calls);
      clearTimeout(this.#idle);
    }
    context.signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#done) return this.#summary ?? '';
    const reason = left.stderr.trim().split('\n').at(-1);
    throw this.#stopped(`Claude Code ended by itself (${left.exit}${reason ? `: ${reason}` : ''})`, SEE_LOG);
  }

  /** A tool call of the model. Those that write run one after the other. */
  runTool(name: string, input: unknown): Promise<ToolOutcome> {
    const verdict = name === FINISH_STEP ? 'run' : this.#guard.check(name, input);
    if (verdict === 'stop')
      this.#fail(this.#stopped(`the model makes the same call of ${name} over and over`, SEE_LOG));
    if (verdict !== 'run') return Promise.resolve(REPEATED);
    const { toolbox } = this.#parts;
    const run = () => this.#performTool(name, input);
    const isParallel = toolbox.isParallel({ name, input });
    const result = isParallel ? run() : this.#queue.then(run);
    this.#calls.push(result);
    if (isParallel) return result;
    this.#queue = result;
    return result.then(async (outcome) => {
      // An answer to the last call would only cause one more request.
      if (outcome.finished !== undefined && !this.#over.signal.aborted) await once(this.#over.signal, 'abort');
      return outcome;
    });
  }

  async #performTool(name: string, input: unknown): Promise<ToolOutcome> {
    const isOver = this.#failure !== undefined || this.#summary !== undefined || this.#over.signal.aborted;
    if (isOver) return OVER;
    this.#tools += 1;
    this.#watch();
    try {
      const outcome = await this.#parts.toolbox.run({ name, input });
      if (outcome.changed) this.#guard.changed(name, input);
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
    this.#stop();
  }

  #stop(): void {
    this.#requests.end();
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
    const { idleMs = IDLE_MS } = this.#parts;
    const why = `Claude Code said nothing for ${idleMs / 1000} s`;
    this.#idle = setTimeout(() => this.#expire(this.#stopped(why, 'Try again later.')), idleMs);
  }

  /** No answer outlasts the run's time. */
  #limitTime(): void {
    const { budget } = this.#parts;
    this.#clock = setTimeout(() => this.#expire(budget.outOfTime()), Math.min(budget.leftS() * 1000, MAX_TIMER_MS));
  }

  /** A step that is done does not fail because the program is slow to end. */
  #expire(error: RunbookError): void {
    if (this.#done) this.#stop();
    else this.#fail(error);
  }

  #take(text: string): void {
    this.#watch();
    const line = readLine(text);
    if (!line) return;
    try {
      // What was used counts, also after a failure.
      this.#requests.read(line);
      if (this.#failure === undefined && !this.#done) this.#read(line);
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
      case 'retry':
        context.emit({
          type: 'model_retry',
          step: step.number,
          attempt: line.attempt,
          wait_s: line.waitS,
          reason: line.reason,
        });
        this.#parts.budget.checkRun();
        break;
      case 'said':
        if (line.text !== '') context.emit({ type: 'model_text', step: step.number, text: line.text });
        break;
      case 'answered':
        this.#answered();
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

  /** Results of tools are followed by another request, and so is an answer that broke off. */
  #answered(): void {
    const { budget } = this.#parts;
    this.#guard.beginTurn();
    this.#endIfFinished();
    if (this.#done) return;
    if (this.#requests.lastStop === 'tool_use') budget.check();
    if (this.#requests.lastStop === null) budget.checkRun();
  }

  /** The step is over with finish_step, once the answer that called it is counted. */
  #endIfFinished(): void {
    if (this.#summary === undefined || this.#requests.isOpen) return;
    this.#done = true;
    this.#stop();
  }

  /** The end of an answer: what it says of itself counts only where it says that it failed. */
  #ended({ outcome, text, reason, denied }: CliResult): void {
    const { context, cli, step, budget } = this.#parts;
    for (const tool of denied)
      context.emit({ type: 'tool_failed', step: step.number, call: null, tool, elapsed_s: 0, ...DENIED });
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
      throw this.#stopped(
        `the model stops without leaving its outputs: ${problems.join('; ')}, ${this.#nudges} times`,
        SEE_LOG,
      );
    budget.check();
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

const SEE_LOG = 'See events.jsonl for what it tried.';
const DENIED = { code: 'forbidden', message: 'The runbook does not allow this tool.', hint: null };
const OVER: ToolOutcome = { content: 'The run has ended.', isError: true };
