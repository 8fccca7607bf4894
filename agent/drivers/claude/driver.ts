import type Anthropic from '@anthropic-ai/sdk';
import type { Driver } from '../../driver.ts';
import type { Runbook } from '../../runbook/manifest.ts';
import type { Budget } from './budget.ts';
import type { MessagesClient } from './client.ts';
import { type Ask, Conversation } from './conversation.ts';
import { generationEvent, tokensOf } from './generation.ts';
import { KeptRequests } from './kept-requests.ts';
import type { AgentModel } from './models.ts';
import { stepPrompt, systemPrompt } from './prompt.ts';
import type { Provider } from './providers.ts';
import { request } from './request.ts';
import { Toolbox, toolDefinitions } from './toolbox.ts';

interface ClaudeOptions {
  client: MessagesClient;
  provider: Provider;
  model: AgentModel;
  runbook: Runbook;
  budget: Budget;
  /** Shorter in tests. */
  pauses?: { idleMs?: number; firstPauseS?: number };
}

/**
 * Lets a Claude model perform the steps, each in a conversation of its own: system prompt and tools stay the same for the whole run and are
 * read from the prompt cache; what a step found goes on as a note.
 */
export function claudeDriver(options: ClaudeOptions): Driver {
  const { budget } = options;
  const frame = once(() => frameOf(options));
  return {
    kind: 'claude',
    limits: budget.limits,
    model: options.model.id,
    resume: (used) => budget.resume(used),
    async performStep(step, rendered, context) {
      budget.beginStep();
      const base = await frame();
      const toolbox = new Toolbox(step, rendered, context);
      let turn = 0;
      const { model, provider } = options;
      const kept = new KeptRequests(context.keep);
      const count = (used: Omit<Parameters<typeof generationEvent>[0], 'request'>, request: string) => {
        const event = generationEvent({ ...used, request }, { step, runId: context.runId, turn, model, provider });
        budget.spend(tokensOf(used.usage), event.properties.$ai_total_cost_usd);
        context.emit(event);
      };
      const ask: Ask = async (messages, max_tokens) => {
        budget.check();
        turn += 1;
        const asked = kept.request({ ...base, max_tokens }, messages);
        const answer = await request({
          client: options.client,
          body: { ...base, max_tokens, messages: withBreakpoints(messages) },
          signal: context.signal,
          budget,
          onFailure({ attempt, waitS, reason, status, latencyS, usage }) {
            const error = { message: reason, status };
            count({ usage, stopReason: null, latencyS, requestId: null, error, answer: null }, asked);
            if (waitS !== null)
              context.emit({ type: 'model_retry', step: step.number, attempt, wait_s: waitS, reason });
          },
          ...options.pauses,
        });
        if (answer.kind === 'malformed') return answer;
        const { usage, stop_reason, content } = answer.message;
        count({ ...answer, usage, stopReason: stop_reason, answer: context.keep(content) }, asked);
        return answer;
      };
      const first = context.scrub(stepPrompt(step, rendered, context.notes, context.params));
      const summary = await new Conversation({ step, context, toolbox, ask }, first).perform();
      return context.scrub(summary);
    },
  };
}

type Frame = Omit<Anthropic.MessageStreamParams, 'messages' | 'max_tokens'>;

/** What every request of a run begins with: a breakpoint of the prompt cache is behind it. */
async function frameOf({ runbook, model }: ClaudeOptions): Promise<Frame> {
  return {
    model: model.requestId,
    system: [{ type: 'text', text: systemPrompt(runbook), cache_control: { type: 'ephemeral' } }],
    tools: await toolDefinitions(runbook),
  };
}

/**
 * The cache's breakpoints of a conversation: behind the newest message, and behind the one to which the last request had put it (the
 * cache looks back over 20 blocks only). They are put on blocks, since not every provider takes one for the whole request.
 */
function withBreakpoints(messages: readonly Anthropic.MessageParam[]): Anthropic.MessageParam[] {
  const asked = messages.flatMap(({ role }, index) => (role === 'user' ? [index] : [])).slice(-2);
  return messages.map((message, index) => (asked.includes(index) ? marked(message) : message));
}

function marked({ role, content }: Anthropic.MessageParam): Anthropic.MessageParam {
  const blocks = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content;
  const last = blocks.at(-1) as Anthropic.ToolResultBlockParam | Anthropic.TextBlockParam | undefined;
  if (!last) return { role, content } as Anthropic.MessageParam;
  const end = { ...last, cache_control: { type: 'ephemeral' as const } };
  return { role, content: [...blocks.slice(0, -1), end] } as Anthropic.MessageParam;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
