import type Anthropic from '@anthropic-ai/sdk';
import { RunbookError } from '../../../lib/errors.ts';
import type { StepContext } from '../../driver.ts';
import type { Step } from '../../runbook/manifest.ts';
import { LoopGuard } from './loop-guard.ts';
import type { Answer } from './request.ts';
import type { Toolbox, ToolOutcome } from './toolbox.ts';

/** Longest answer, tokens; a call that was cut is asked for again once with the larger. */
const MAX_TOKENS = 16_000;
const MAX_TOKENS_RETRY = 32_000;
/** How often a model that stops before the outputs exist is reminded. */
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
      const { message } = await this.#parts.ask(this.#messages, this.#maxTokens);
      this.#say(message);
      const done = await this.#react(message);
      if (done !== undefined) return done;
    }
  }

  #say(message: Anthropic.Message): void {
    const text = textOf(message);
    if (text !== '') this.#parts.context.emit({ type: 'model_text', step: this.#parts.step.number, text });
  }

  async #react(message: Anthropic.Message): Promise<string | undefined> {
    const push = () =>
      this.#messages.push({ role: 'assistant', content: message.content as Anthropic.ContentBlockParam[] });
    switch (message.stop_reason) {
      case 'tool_use':
        push();
        return this.#runTools(message.content.filter((block) => block.type === 'tool_use'));
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

  /** Not the model's word ends a step, but its outputs. */
  #ended(text: string): string | undefined {
    const missing = this.#parts.context.missing();
    if (missing.length === 0) return text;
    this.#nudges += 1;
    if (this.#nudges > MAX_NUDGES)
      throw this.#stopped(
        `the model stopped ${this.#nudges} times without leaving ${missing.join(', ')}`,
        'See events.jsonl for what it tried.',
      );
    this.#messages.push({
      role: 'user',
      content: `The step is not finished: ${missing.join(', ')} missing, empty or not valid. Go on with the reference calls that write them, then call finish_step.`,
    });
    return undefined;
  }

  /** All results of a turn go back in one message, in the order of the calls. */
  async #runTools(calls: Anthropic.ToolUseBlock[]): Promise<string | undefined> {
    const outcomes = new Map<string, ToolOutcome>();
    const verdicts = calls.map((call) => this.#guard.check(call.name, call.input));
    const free = calls.filter((call, index) => verdicts[index] === 'run' && this.#parts.toolbox.isParallel(call));
    await Promise.all(free.map(async (call) => outcomes.set(call.id, await this.#parts.toolbox.run(call))));
    for (const [index, call] of calls.entries()) {
      if (outcomes.has(call.id)) continue;
      if (verdicts[index] === 'stop')
        throw this.#stopped(
          `the model makes the same call of ${call.name} over and over`,
          'See events.jsonl for what it tried.',
        );
      outcomes.set(call.id, verdicts[index] === 'tell' ? REPEATED : await this.#parts.toolbox.run(call));
    }
    this.#messages.push({
      role: 'user',
      content: calls.map(({ id }) => {
        const { content, isError } = outcomes.get(id) ?? REPEATED;
        return { type: 'tool_result', tool_use_id: id, content, is_error: isError };
      }),
    });
    return [...outcomes.values()].find((outcome) => outcome.finished !== undefined)?.finished;
  }
}

const REPEATED: ToolOutcome = {
  content:
    'This very call was made before; it was not made again. Its result stands above. Do something else, or call finish_step.',
  isError: true,
};

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
