import type { StepContext } from '../../driver.ts';
import type { Step } from '../../runbook/manifest.ts';
import type { Budget } from '../claude/budget.ts';
import { generationEvent, type TokenUsage, tokensOf } from '../claude/generation.ts';
import type { AgentModel } from '../claude/models.ts';
import type { CliLine } from './lines.ts';

interface Asker {
  step: Step;
  context: StepContext;
  budget: Budget;
  model: AgentModel;
  provider: string;
}

interface Request {
  /** When it began, or will begin after a pause. */
  started: number;
  usage: TokenUsage;
  stopReason: string | null;
  id: string | null;
}

type Failure = { message: string; status: number | null };

/** The model requests of a step, as the program's lines tell of them: each is paid for and an event once, whether it was answered or not. */
export class Requests {
  readonly #asker: Asker;
  #turn = 0;
  /** Begun and not counted yet. */
  #open: Request | undefined;
  #lastStop: string | null = null;
  #lastCounted = performance.now();
  #isEnding = false;

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Why the last answer ended; null where it broke off. */
  get lastStop(): string | null {
    return this.#lastStop;
  }

  read(line: CliLine): void {
    switch (line.kind) {
      case 'request':
        this.#count(BROKEN_OFF);
        if (!this.#isEnding) this.#open = newRequest(performance.now());
        break;
      case 'retry':
        this.#count({ message: line.reason, status: line.status });
        this.#open = newRequest(performance.now() + line.waitS * 1000);
        break;
      case 'usage':
        // An answer that broke off is asked for again without another word.
        this.#open ??= newRequest(this.#lastCounted);
        // These counts are running totals, not additions.
        this.#open.usage = { ...this.#open.usage, ...line.usage };
        this.#open.stopReason = line.stopReason;
        break;
      case 'said':
        if (this.#open) this.#open.id = line.requestId ?? this.#open.id;
        break;
      case 'answered':
        this.#count(BROKEN_OFF);
        break;
      case 'result':
        if (line.outcome === 'api_error') this.#count({ message: line.reason, status: line.status });
        break;
    }
  }

  /** The program was told to end: it may still say that it asks, but no longer does. */
  end(): void {
    this.#isEnding = true;
  }

  /** The program is gone: what it still waited for was asked all the same, but not what it paused before. */
  close(): void {
    if (this.#open && this.#open.started <= performance.now()) this.#count(BROKEN_OFF);
    this.#open = undefined;
  }

  /** @param failure what went wrong, if there is no whole answer */
  #count(failure: Failure): void {
    if (!this.#open) return;
    const { started, usage, stopReason, id } = this.#open;
    const { step, context, budget, model, provider } = this.#asker;
    this.#open = undefined;
    this.#turn += 1;
    this.#lastStop = stopReason;
    this.#lastCounted = performance.now();
    const latencyS = Math.max(0, this.#lastCounted - started) / 1000;
    const error = stopReason === null ? { error: failure } : {};
    const event = generationEvent(
      { usage, stopReason, latencyS, requestId: id, request: null, answer: null, ...error },
      { step, runId: context.runId, turn: this.#turn, model, provider },
    );
    budget.spend(tokensOf(usage), event.properties.$ai_total_cost_usd);
    context.emit(event);
  }
}

function newRequest(started: number): Request {
  return { started, usage: { input_tokens: 0, output_tokens: 0 }, stopReason: null, id: null };
}

const BROKEN_OFF: Failure = { message: 'The answer broke off.', status: null };
