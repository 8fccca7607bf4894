import type Anthropic from '@anthropic-ai/sdk';
import { RunbookError } from '../../../lib/errors.ts';
import type { StepContext } from '../../driver.ts';
import type { Step } from '../../runbook/manifest.ts';
import { LoopGuard } from './loop-guard.ts';
import type { Answer } from './request.ts';
import { FINISH_STEP, type Toolbox, type ToolOutcome } from './toolbox.ts';

/** Longest answer, tokens; a call that was cut is asked for again once with the larger. */
const MAX_TOKENS = 16_000;
const MAX_TOKENS_RETRY = 32_000;
/** How often a model may stop too early, or make a call that is no JSON, before the step ends. */
const MAX_NUDGES = 3;

export type Ask = (messages: Anthropic.MessageParam[], maxTokens: number) => Promise<Answer>;

interface ConversationParts {
  step: Step;
  context: StepContext;
  toolbox: Toolbox;
  ask: Ask;
}

/**
 * One step as a conversation. Its history only grows: what was sent is never changed, since prompt caches and the thinking of newer models
 * are bound to the exact prefix.
 */
export class Conversation {
  readonly #parts: ConversationParts;
  readonly #messages: Anthropic.MessageParam[];
  readonly #guard = new LoopGuard();
  #maxTokens = MAX_TOKENS;
  #nudges = 0;

  constructor(parts: ConversationParts, firstMessage: string) {
    this.#parts = parts;
    this.#messages = [{ role: 'user', content: firstMessage }];
  }

  /**
   * Goes on until the step's outputs exist and the model has nothing more to do.
   * @returns the summary for later steps
   * @throws RunbookError `agent_stopped` where the model refuses, goes in circles or runs out of room; `agent_budget`; what tools throw
   */
  async perform(): Promise<string> {
    for (;;) {
      this.#parts.context.signal.throwIfAborted();
      const answer = await this.#parts.ask(this.#messages, this.#maxTokens);
      this.#guard.beginTurn();
      const done = answer.kind === 'message' ? await this.#react(answer.message) : this.#malformed(answer.reason);
      if (done !== undefined) return done;
    }
  }

  #say(message: Anthropic.Message): void {
    const text = textOf(message);
    if (text !== '') this.#parts.context.emit({ type: 'model_text', step: this.#parts.step.number, text });
  }

  async #react(message: Anthropic.Message): Promise<string | undefined> {
    this.#say(message);
    const push = () => {
      // The API takes no empty turn, though a model may give one.
      if (message.content.length > 0)
        this.#messages.push({ role: 'assistant', content: message.content as Anthropic.ContentBlockParam[] });
    };
    switch (message.stop_reason) {
      case 'tool_use': {
        const calls = message.content.filter((block) => block.type === 'tool_use');
        const odd = calls.find(({ input }) => typeof input !== 'object' || input === null || Array.isArray(input));
        if (odd) return this.#malformed(`the input of ${odd.name} is no object`);
        push();
        return this.#runTools(calls);
      }
      case 'end_turn':
      case 'stop_sequence':
        push();
        return this.#ended(textOf(message));
      case 'pause_turn':
        push();
        return undefined;
      case 'max_tokens':
        return this.#cutOff();
      case 'refusal':
        throw this.#stopped(
          `the model refuses it${refusalOf(message)}`,
          'Choose another model with --model, or use --agent scripted.',
        );
      case 'model_context_window_exceeded':
        throw this.#stopped(
          'the conversation no longer fits into the model',
          'Choose a model with more room, or a smaller sample_size.',
        );
      default:
        throw this.#stopped(
          `the model stopped with ${String(message.stop_reason)}`,
          'Use --agent scripted, or another model.',
        );
    }
  }

  #stopped(why: string, hint: string): RunbookError {
    const { number, title } = this.#parts.step;
    return new RunbookError('agent_stopped', `Step ${number} (${title}): ${why}.`, { hint });
  }

  /** An answer that was cut is not part of the history: a half tool call must never run. */
  #cutOff(): undefined {
    if (this.#maxTokens === MAX_TOKENS_RETRY)
      throw this.#stopped(
        `an answer is longer than ${MAX_TOKENS_RETRY} tokens`,
        'Ask for less at once: a smaller sample_size or top_n.',
      );
    this.#maxTokens = MAX_TOKENS_RETRY;
    return undefined;
  }

  /** A call that cannot be read cannot be sent back either: the answer is not part of the history, and the model is told. */
  #malformed(reason: string): undefined {
    this.#nudge(
      `makes tool calls that are no JSON (${reason})`,
      `Your last answer was dropped: ${reason}. Make the call again with one JSON object as its input.`,
    );
    return undefined;
  }

  /** Not the model's word ends a step, but its outputs. */
  #ended(text: string): string | undefined {
    const problems = this.#parts.context.unfinished();
    if (problems.length === 0) return text;
    this.#nudge(`stops without leaving its outputs: ${problems.join('; ')}`, unfinished(problems));
    return undefined;
  }

  /** Tells the model what to do instead; a few times only. */
  #nudge(what: string, advice: string): void {
    this.#nudges += 1;
    if (this.#nudges > MAX_NUDGES)
      throw this.#stopped(`the model ${what}, ${this.#nudges} times`, 'See events.jsonl for what it tried.');
    this.#messages.push({ role: 'user', content: advice });
  }

  /** All results of a turn go back in one message, in the order of the calls; so are the calls made, reads beside each other. */
  async #runTools(calls: Anthropic.ToolUseBlock[]): Promise<string | undefined> {
    const outcomes: ToolOutcome[] = [];
    for (let next = 0; next < calls.length; next = outcomes.length) {
      const end = calls.findIndex((call, index) => index >= next && !this.#parts.toolbox.isParallel(call));
      const group = calls.slice(next, Math.max(end < 0 ? calls.length : end, next + 1));
      // Reads that still run when another fails belong to the step: it ends after them.
      const settled = await Promise.allSettled(group.map((call) => this.#runTool(call)));
      for (const one of settled) {
        if (one.status === 'rejected') throw one.reason;
        outcomes.push(one.value);
      }
    }
    this.#messages.push({
      role: 'user',
      content: calls.map(({ id }, index) => {
        const { content, isError } = outcomes[index] ?? REPEATED;
        return { type: 'tool_result', tool_use_id: id, content, is_error: isError };
      }),
    });
    return outcomes.find((outcome) => outcome.finished !== undefined)?.finished;
  }

  async #runTool(call: Anthropic.ToolUseBlock): Promise<ToolOutcome> {
    const { toolbox } = this.#parts;
    // Whether a step is done is asked again each time: the turns of the budget are its limit.
    const verdict = call.name === FINISH_STEP ? 'run' : this.#guard.check(call.name, call.input);
    if (verdict === 'stop')
      throw this.#stopped(
        `the model makes the same call of ${call.name} over and over`,
        'See events.jsonl for what it tried.',
      );
    if (verdict === 'tell') return REPEATED;
    const outcome = await toolbox.run(call);
    if (outcome.changed) this.#guard.changed(call.name, call.input);
    return outcome;
  }
}

/** Said to a model that had already made the call, and was answered. */
export const REPEATED: ToolOutcome = {
  content:
    'This very call was made before, and nothing has changed since; it was not made again. Its result stands above. Do something else, or call finish_step.',
  isError: true,
};

/** What a model is told that ends a step too early. */
export function unfinished(problems: readonly string[]): string {
  return `The step is not finished: ${problems.join('; ')}. Go on with the reference calls that write them, then call finish_step.`;
}

function textOf(message: Anthropic.Message): string {
  return message.content
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n')
    .trim();
}

function refusalOf(message: Anthropic.Message): string {
  const details = message.stop_details as { category?: string | null; explanation?: string | null } | null | undefined;
  const why = [details?.category, details?.explanation].filter(Boolean).join(': ');
  return why === '' ? '' : ` (${why})`;
}
