import { type ErrorCode, messageOf, RunbookError } from '../../lib/errors.ts';
import { oneLine, truncate } from '../../lib/format.ts';
import type { Answer, Judge } from './contract.ts';
import type { JudgePrompt } from './prompt.ts';
import { type ReadVote, readVote } from './vote.ts';

/** A vote, or why there is none; `unanswered` where no answer came at all. */
export type Polled = ReadVote & { unanswered?: true };

/**
 * Requests that may fail in a row, of a judge that has answered before, until no more are made. Each has been tried several times by then,
 * so that a judge whose first answer does not come is not asked again.
 */
const MAX_FAILURES = 2;
const ENDS_RUN = new Set<ErrorCode>(['interrupted', 'log']);

/** Asks a judge for one vote after another, as long as there is hope for an answer. */
export class Asking {
  readonly #judge: Judge;
  readonly #report: string;
  #failuresInRow = 0;
  #over = false;
  /** Whether any answer came. */
  answered = false;
  /** The last request that failed. */
  failure: { code: string; reason: string } | null = null;

  constructor(judge: Judge, report: string) {
    this.#judge = judge;
    this.#report = report;
  }

  /** A vote that does not count is asked for once more. @throws RunbookError `interrupted`, `log` */
  async poll(prompt: JudgePrompt): Promise<Polled> {
    const first = await this.#once(prompt);
    return 'vote' in first || first.unanswered ? first : this.#once(prompt);
  }

  async #once(prompt: JudgePrompt): Promise<Polled> {
    if (this.#over) return { void: `not asked: ${this.failure?.reason ?? ''}`, unanswered: true };
    try {
      const answer = await this.#judge.ask(prompt);
      this.answered = true;
      this.#failuresInRow = 0;
      return this.#read(answer);
    } catch (error) {
      if (error instanceof RunbookError && ENDS_RUN.has(error.code)) throw error;
      return this.#failed(error);
    }
  }

  #failed(error: unknown): Polled {
    const reason = truncate(oneLine(messageOf(error)), 300);
    const code = error instanceof RunbookError ? error.code : 'unexpected';
    this.failure = { code, reason };
    this.#failuresInRow += 1;
    // Money that is spent does not come back.
    this.#over ||= code === 'agent_budget' || !this.answered || this.#failuresInRow >= MAX_FAILURES;
    return { void: `no answer: ${reason}`, unanswered: true };
  }

  #read(answer: Answer): Polled {
    return answer.kind === 'text' ? readVote(answer.text, this.#report) : { void: `it refuses: ${answer.reason}` };
  }
}
