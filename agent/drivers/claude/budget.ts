import { RunbookError } from '../../../lib/errors.ts';
import { usd } from '../../../lib/format.ts';

/** What a run may use. Counted from what the provider says was used; a request that is under way is finished, unless the time is over. */
export interface BudgetLimits {
  /** Model requests in one step. */
  turnsPerStep: number;
  /** Prompt and answer tokens of the whole run, cached ones included. */
  tokens: number;
  /** Wall time of the whole run, seconds. */
  seconds: number;
  costUsd: number;
}

export const DEFAULT_LIMITS: BudgetLimits = { turnsPerStep: 40, tokens: 10_000_000, seconds: 7200, costUsd: 5 };

export class Budget {
  readonly limits: BudgetLimits;
  readonly #started = performance.now();
  #turns = 0;
  #tokens = 0;
  #costUsd = 0;

  constructor(limits: BudgetLimits) {
    this.limits = limits;
  }

  beginStep(): void {
    this.#turns = 0;
  }

  /** Counts one answer. What a provider leaves out of its usage counts as nothing. */
  spend(tokens: number, costUsd: number): void {
    this.#turns += 1;
    this.#tokens += Number.isFinite(tokens) ? tokens : 0;
    this.#costUsd += Number.isFinite(costUsd) ? costUsd : 0;
  }

  leftUsd(): number {
    return Math.max(0, this.limits.costUsd - this.#costUsd);
  }

  /** Seconds of the run's wall time. */
  leftS(): number {
    return Math.max(0, this.limits.seconds - this.#elapsedS());
  }

  #elapsedS(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** @throws RunbookError `agent_budget` when nothing is left for another request of the step */
  check(): void {
    this.checkRun();
    const { turnsPerStep } = this.limits;
    if (this.#turns >= turnsPerStep)
      throw spent(
        `the step took ${turnsPerStep} turns without leaving its outputs`,
        'See what it tried in events.jsonl, or raise it with --max-turns.',
      );
  }

  /** @throws RunbookError `agent_budget` when the run has no money, tokens or time left */
  checkRun(): void {
    const { tokens, costUsd } = this.limits;
    if (this.#costUsd >= costUsd)
      throw spent(`${usd(this.#costUsd)} of ${usd(costUsd)} are spent`, 'Raise it with --max-cost.');
    if (this.#tokens >= tokens)
      throw spent(`${this.#tokens} of ${tokens} tokens are used`, 'Raise it with --max-tokens.');
    if (this.leftS() === 0) throw this.outOfTime();
  }

  outOfTime(): RunbookError {
    const elapsed = Math.round(this.#elapsedS());
    return spent(
      `${elapsed} of ${this.limits.seconds} seconds are over`,
      'Raise it with --max-minutes, or use --agent scripted.',
    );
  }
}

export function spent(what: string, hint: string): RunbookError {
  return new RunbookError('agent_budget', `The agent's budget is used up: ${what}.`, { hint });
}
