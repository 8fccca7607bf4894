import { RunbookError } from '../../../lib/errors.ts';
import { usd } from '../../../lib/format.ts';
import type { BudgetLimits } from '../../budget-limits.ts';
import type { GenerationEvent } from '../../events.ts';

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

  /** Counts what an earlier process of the run has used. */
  resume(used: readonly GenerationEvent[]): void {
    for (const { properties: p } of used) {
      const prompt = p.$ai_input_tokens + p.$ai_cache_read_input_tokens + p.$ai_cache_creation_input_tokens;
      this.spend(prompt + p.$ai_output_tokens, p.$ai_total_cost_usd);
    }
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
