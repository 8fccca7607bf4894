import { type ModelName, recordedCost, SAMPLE_MODELS, type Usage } from './models.ts';
import type { Random } from './random.ts';

export interface SampleEvent {
  uuid: string;
  event: string;
  distinct_id: string;
  timestamp: string;
  properties: Record<string, unknown>;
}

/** A chat message in the form of its provider. */
export type Message = Record<string, unknown> & { role: string };

export interface Generation {
  operation: string | null;
  model: ModelName;
  trace: string;
  /** Milliseconds since the epoch. */
  at: number;
  input: Message[];
  /** The answer's text, or the message of a tool call. */
  output: string | Message;
  /** Why the model stopped, in OpenAI's words; by default `stop`. */
  stop?: 'stop' | 'length' | 'tool_calls';
  /** Tokens; by default four characters each. */
  usage?: Partial<Usage>;
  /** Seconds; by default from the length of the answer. */
  latency?: number;
  error?: { status: number; type: string; message: string };
  parameters?: Record<string, unknown>;
  user?: string;
}

const ANTHROPIC_STOP = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' };
const CHARACTERS_PER_TOKEN = 4;
/** What a chat message costs beside its text. */
const MESSAGE_TOKENS = 4;

export function tokensOf(value: unknown): number {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '');
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

export function contextOf(messages: readonly Message[]): number {
  return messages.reduce(
    (sum, { content, tool_calls: calls }) =>
      sum + MESSAGE_TOKENS + (content ? tokensOf(content) : 0) + (calls ? tokensOf(calls) : 0),
    0,
  );
}

/** One `$ai_generation` as the SDKs send it and PostHog stores it. */
export function generation(random: Random, g: Generation): SampleEvent {
  const { provider, pace } = SAMPLE_MODELS[g.model];
  const usage: Usage = {
    inputTokens: contextOf(g.input),
    outputTokens: g.output === '' ? 0 : tokensOf(typeof g.output === 'string' ? g.output : g.output.tool_calls),
    ...g.usage,
  };
  const latency = g.latency ?? (0.35 + usage.outputTokens * pace) * random.around(1, 0.18);
  return {
    uuid: random.uuid(),
    event: '$ai_generation',
    distinct_id: g.user ?? customer(random),
    timestamp: new Date(g.at).toISOString(),
    properties: {
      $ai_lib: 'posthog-ai',
      $ai_trace_id: g.trace,
      ...(g.operation === null ? {} : { $ai_span_name: g.operation }),
      $ai_model: g.model,
      $ai_provider: provider,
      ...(g.parameters ? { $ai_model_parameters: g.parameters } : {}),
      $ai_input: g.input,
      $ai_output_choices: g.error
        ? []
        : [typeof g.output === 'string' ? { role: 'assistant', content: g.output } : g.output],
      $ai_http_status: g.error?.status ?? 200,
      $ai_latency: Number(latency.toFixed(3)),
      ...(g.error ? failure(g.error) : success(g, usage, provider === 'anthropic')),
    },
  };
}

export function customer(random: Random): string {
  return `customer_${random.integer(1, 420)}`;
}

function failure({ status, type, message }: NonNullable<Generation['error']>): Record<string, unknown> {
  return {
    $ai_is_error: true,
    $ai_error: JSON.stringify({ name: 'APIError', message: `${status} ${message}`, status, type }),
  };
}

/** Anthropic counts cached tokens beside the input tokens, the others inside them. */
function success(g: Generation, usage: Usage, exclusive: boolean): Record<string, unknown> {
  const { cacheRead = 0, cacheWrite = 0 } = usage;
  const cost = recordedCost(g.model, usage);
  const stop = g.stop ?? 'stop';
  return {
    $ai_input_tokens: exclusive ? usage.inputTokens - cacheRead - cacheWrite : usage.inputTokens,
    $ai_output_tokens: usage.outputTokens,
    ...(cacheRead > 0 ? { $ai_cache_read_input_tokens: cacheRead } : {}),
    ...(cacheWrite > 0 ? { $ai_cache_creation_input_tokens: cacheWrite } : {}),
    ...(cacheRead + cacheWrite > 0 ? { $ai_cache_reporting_exclusive: exclusive } : {}),
    $ai_stop_reason: exclusive ? ANTHROPIC_STOP[stop] : stop,
    ...(cost === null ? {} : { $ai_total_cost_usd: cost }),
    ...(typeof g.output === 'string' ? {} : { $ai_tools_called: toolNames(g.output) }),
  };
}

function toolNames(message: Message): string {
  return (message.tool_calls as { function: { name: string } }[]).map((call) => call.function.name).join(',');
}

/** One `$ai_embedding`. */
export function embedding(random: Random, operation: string, at: number, text: string): SampleEvent {
  const model = 'text-embedding-3-small';
  const inputTokens = tokensOf(text);
  return {
    uuid: random.uuid(),
    event: '$ai_embedding',
    distinct_id: customer(random),
    timestamp: new Date(at).toISOString(),
    properties: {
      $ai_lib: 'posthog-ai',
      $ai_trace_id: random.uuid(),
      $ai_span_name: operation,
      $ai_model: model,
      $ai_provider: SAMPLE_MODELS[model].provider,
      $ai_input: text,
      $ai_http_status: 200,
      $ai_latency: Number(random.around(0.12, 0.3).toFixed(3)),
      $ai_input_tokens: inputTokens,
      $ai_total_cost_usd: recordedCost(model, { inputTokens, outputTokens: 0 }),
    },
  };
}

export function messages(system: string, user: string): Message[] {
  return [
    { role: 'system', content: system },
    { role: 'user', content: user },
  ];
}

export function toolCall(
  random: Random,
  name: string,
  args: Record<string, unknown>,
): Message & { tool_calls: { id: string }[] } {
  const call = {
    id: `call_${random.uuid().slice(0, 8)}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  };
  return { role: 'assistant', content: null, tool_calls: [call] };
}
