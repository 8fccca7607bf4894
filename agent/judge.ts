import { AwakeTimer } from '../lib/awake-timer.ts';
import { RunbookError } from '../lib/errors.ts';
import type { Answer, Judge } from '../rubric/judge/contract.ts';
import type { JudgePrompt } from '../rubric/judge/prompt.ts';
import { voteSchema } from '../rubric/judge/vote.ts';
import type { Budget } from './drivers/claude/budget.ts';
import type { MessagesClient } from './drivers/claude/client.ts';
import { generationEvent, tokensOf } from './drivers/claude/generation.ts';
import type { AgentModel } from './drivers/claude/models.ts';
import type { Provider } from './drivers/claude/providers.ts';
import { type RequestOptions, request } from './drivers/claude/request.ts';
import type { EventBody } from './events.ts';

/** Longest vote, tokens. */
const MAX_TOKENS = 4000;
/** A vote is short: one that says nothing for so long, or takes so long with all attempts, is given up. Milliseconds in which this process was awake. */
const LIMITS = { idleMs: 30_000, voteMs: 60_000 };

export interface JudgeOptions {
  client: MessagesClient;
  provider: Provider;
  model: AgentModel;
  /** Votes for each criterion. */
  samples: number;
  /** Shared with the agent: what a run may cost holds for its judge, too. */
  budget: Budget;
  /** The models that wrote the report, as far as they are known. */
  authors: readonly string[];
  /** Shorter in tests. */
  limits?: Partial<typeof LIMITS> & Pick<RequestOptions, 'firstPauseS'>;
}

export interface JudgeContext {
  runId: string;
  signal: AbortSignal;
  emit(event: EventBody): void;
}

/** A Claude model as judge. Its requests are events like the agent's own, under the span `judge`. */
export function modelJudge(options: JudgeOptions, { runId, signal, emit }: JudgeContext): Judge {
  const { client, provider, model, samples, budget, authors } = options;
  const { voteMs, ...pauses } = { ...LIMITS, ...options.limits };
  let turn = 0;
  const count = (used: Omit<Parameters<typeof generationEvent>[0], 'request' | 'answer'>) => {
    // What was asked and answered is in `judge_asked`.
    const event = generationEvent(
      { ...used, request: null, answer: null },
      { step: { number: 0, id: 'judge' }, runId, turn, model, provider },
    );
    budget.spend(tokensOf(used.usage), event.properties.$ai_total_cost_usd);
    emit(event);
  };
  return {
    model: model.id,
    authors,
    samples,
    async ask(prompt): Promise<Answer> {
      turn += 1;
      const over = new AwakeTimer(voteMs);
      const body = { model: model.requestId, max_tokens: MAX_TOKENS, ...bodyOf(prompt, provider) };
      const onFailure: RequestOptions['onFailure'] = ({ attempt, waitS, reason, status, latencyS, usage }) => {
        const message = over.signal.aborted && !signal.aborted ? tookTooLong(voteMs) : reason;
        count({ usage, stopReason: null, latencyS, requestId: null, error: { message, status } });
        if (waitS !== null) emit({ type: 'model_retry', step: 0, attempt, wait_s: waitS, reason });
      };
      const answer = await withinTime(
        { client, body, signal: AbortSignal.any([signal, over.signal]), budget, onFailure, ...pauses },
        { signal, over, voteMs },
      );
      if (answer.kind === 'malformed') return { kind: 'refused', reason: answer.reason };
      const { usage, stop_reason, content } = answer.message;
      count({ ...answer, usage, stopReason: stop_reason });
      if (stop_reason === 'refusal') return { kind: 'refused', reason: 'the model refuses to answer' };
      if (stop_reason === 'max_tokens') return { kind: 'refused', reason: `longer than ${MAX_TOKENS} tokens` };
      return { kind: 'text', text: content.map((block) => (block.type === 'text' ? block.text : '')).join('') };
    },
  };
}

/** @throws RunbookError what `request` throws, `interrupted`, and `agent_stopped` where the vote's own time is over */
async function withinTime(
  options: RequestOptions,
  { signal, over, voteMs }: { signal: AbortSignal; over: AwakeTimer; voteMs: number },
) {
  try {
    return await request(options);
  } catch (error) {
    if (signal.aborted) throw new RunbookError('interrupted', 'The run was interrupted.');
    if (!over.signal.aborted) throw error;
    throw new RunbookError('agent_stopped', tookTooLong(voteMs), { hint: 'Try again later, or use --judge checks.' });
  } finally {
    over.end();
  }
}

function tookTooLong(voteMs: number): string {
  return `The judge gave no vote within ${voteMs / 1000} s.`;
}

/** The report stands before the criterion, so that all votes on all criteria read it from the prompt cache. */
function bodyOf({ system, report, task }: JudgePrompt, provider: Provider) {
  const cached = { cache_control: { type: 'ephemeral' as const } };
  return {
    system: [{ type: 'text' as const, text: system }],
    messages: [
      {
        role: 'user' as const,
        content: [
          { type: 'text' as const, text: report, ...cached },
          { type: 'text' as const, text: task },
        ],
      },
    ],
    // Other providers do not all know this parameter; a vote is checked in any case.
    ...(provider === 'anthropic'
      ? { output_config: { format: { type: 'json_schema' as const, schema: voteSchema() } } }
      : {}),
  };
}
