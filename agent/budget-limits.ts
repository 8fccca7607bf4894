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
