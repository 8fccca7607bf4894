import { randomUUID } from 'node:crypto';
import type Anthropic from '@anthropic-ai/sdk';
import { callCost } from '../../../analysis/pricing/cost.ts';
import type { Driver, StepContext } from '../../driver.ts';
import type { GenerationEvent } from '../../events.ts';
import type { Runbook, Step } from '../../runbook/manifest.ts';
import { Budget, type BudgetLimits } from './budget.ts';
import { type Ask, Conversation } from './conversation.ts';
import type { AgentModel, Provider } from './models.ts';
import { type StepNote, stepPrompt, systemPrompt } from './prompt.ts';
import { type Answer, request } from './request.ts';
import { Toolbox, toolDefinitions } from './toolbox.ts';

interface ClaudeOptions {
  client: Anthropic;
  provider: Provider;
  model: AgentModel;
  runbook: Runbook;
  limits: BudgetLimits;
  /** Shorter in tests. */
  pauses?: { idleMs?: number; firstPauseS?: number };
}

/**
 * Lets a Claude model perform the steps, each in a conversation of its own: system prompt and tools stay the same for the whole run and are
 * read from the prompt cache; what a step found goes on as a note.
 */
export function claudeDriver(options: ClaudeOptions): Driver {
  const budget = new Budget(options.limits);
  const notes: StepNote[] = [];
  const frame = once(() => frameOf(options));
  return {
    kind: 'claude',
    async performStep(step, rendered, context) {
      budget.beginStep();
      const base = await frame();
      const toolbox = new Toolbox(step, rendered, context);
      let turn = 0;
      const ask: Ask = async (messages, max_tokens) => {
        budget.check();
        turn += 1;
        const answer = await request({
          client: options.client,
          body: { ...base, max_tokens, messages },
          signal: context.signal,
          onRetry: ({ attempt, waitS, reason }) =>
            context.emit({ type: 'model_retry', step: step.number, attempt, wait_s: waitS, reason }),
          ...options.pauses,
        });
        const event = generationEvent(answer, { step, context, turn, options });
        budget.spend(tokensOf(answer.message.usage), event.properties.$ai_total_cost_usd);
        context.emit(event);
        return answer;
      };
      const first = context.scrub(stepPrompt(step, rendered, notes, context.params));
      const summary = await new Conversation({ step, context, toolbox, ask }, first).perform();
      notes.push({ number: step.number, title: step.title, summary: context.scrub(summary) });
    },
  };
}

type Frame = Omit<Anthropic.MessageStreamParams, 'messages' | 'max_tokens'>;

/** What every request of a run begins with. The last system block and the newest message are the cache's breakpoints. */
async function frameOf({ runbook, model }: ClaudeOptions): Promise<Frame> {
  return {
    model: model.requestId,
    system: [{ type: 'text', text: systemPrompt(runbook), cache_control: { type: 'ephemeral' } }],
    tools: await toolDefinitions(runbook),
    cache_control: { type: 'ephemeral' },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function tokensOf(usage: Anthropic.Usage): number {
  return (
    usage.input_tokens +
    (usage.cache_creation_input_tokens ?? 0) +
    (usage.cache_read_input_tokens ?? 0) +
    usage.output_tokens
  );
}

/** Cost by the price table from what the provider says was used (methods C0; its prompt count leaves cached tokens out). */
function generationEvent(
  { message, latencyS, requestId }: Answer,
  { step, context, turn, options }: { step: Step; context: StepContext; turn: number; options: ClaudeOptions },
): GenerationEvent {
  const { usage } = message;
  const hour = usage.cache_creation?.ephemeral_1h_input_tokens ?? 0;
  const written = usage.cache_creation_input_tokens ?? 0;
  const read = usage.cache_read_input_tokens ?? 0;
  const cost = callCost(
    {
      inputTokens: usage.input_tokens,
      outputTokens: usage.output_tokens,
      cacheRead: read,
      cacheWrite5m: Math.max(0, written - hour),
      cacheWrite1h: hour,
      exclusive: true,
    },
    options.model.price,
  );
  return {
    type: 'generation',
    step: step.number,
    turn,
    event: '$ai_generation',
    uuid: randomUUID(),
    distinct_id: 'posthog-trace-optimizer',
    timestamp: new Date().toISOString(),
    properties: {
      $ai_trace_id: context.runId,
      $ai_span_name: step.id,
      $ai_model: options.model.id,
      $ai_provider: options.provider,
      $ai_input_tokens: usage.input_tokens,
      $ai_cache_reporting_exclusive: true,
      $ai_cache_read_input_tokens: read,
      $ai_cache_creation_input_tokens: written,
      $ai_cache_creation_5m_input_tokens: Math.max(0, written - hour),
      $ai_cache_creation_1h_input_tokens: hour,
      $ai_output_tokens: usage.output_tokens,
      $ai_total_cost_usd: cost,
      $ai_latency: latencyS,
      $ai_stop_reason: message.stop_reason ?? '',
      $ai_http_status: 200,
      $ai_is_error: false,
      $ai_error: null,
      request_id: requestId,
    },
  };
}
