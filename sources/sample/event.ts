import type { Random } from './random.ts';

export interface SampleEvent {
  uuid: string;
  event: string;
  distinct_id: string;
  timestamp: string;
  properties: Record<string, unknown>;
}

/** List prices in USD per million tokens, 2026-11; null where PostHog's list lags behind or nobody knows the model. */
const PRICES: Record<string, { provider: string; input: number; output: number; priced: boolean }> = {
  'gpt-4o': { provider: 'openai', input: 2.5, output: 10, priced: true },
  'gpt-4o-mini': { provider: 'openai', input: 0.15, output: 0.6, priced: true },
  'gpt-4.1': { provider: 'openai', input: 2, output: 8, priced: true },
  'claude-sonnet-4-5': { provider: 'anthropic', input: 3, output: 15, priced: true },
  'claude-haiku-4-5': { provider: 'anthropic', input: 1, output: 5, priced: true },
  'gemini-2.5-flash': { provider: 'gemini', input: 0.3, output: 2.5, priced: false },
  'fernhill-router-2': { provider: 'fernhill', input: 0, output: 0, priced: false },
};

export interface Generation {
  operation: string | null;
  model: string;
  trace: string;
  at: number;
  input: unknown;
  output: unknown;
  inputTokens: number;
  outputTokens: number;
  stop?: string;
  cacheRead?: number;
  cacheWrite?: number;
  latency?: number;
  error?: { status: number; message: string };
  extra?: Record<string, unknown>;
}

/** One `$ai_generation` as the SDKs send it and PostHog stores it. */
export function generation(random: Random, g: Generation): SampleEvent {
  const price = PRICES[g.model];
  const properties: Record<string, unknown> = {
    $ai_trace_id: g.trace,
    ...(g.operation === null ? {} : { $ai_span_name: g.operation }),
    $ai_model: g.model,
    $ai_provider: price?.provider ?? 'unknown',
    $ai_input: g.input,
    $ai_output_choices: g.error ? [] : g.output,
    $ai_http_status: g.error?.status ?? 200,
    $ai_latency: round(g.latency ?? 0.4 + g.outputTokens * random.between(0.008, 0.016), 3),
    ...(g.error
      ? { $ai_is_error: true, $ai_error: JSON.stringify({ name: 'APIError', message: g.error.message }) }
      : usage(g, price)),
    ...g.extra,
  };
  return {
    uuid: random.uuid(),
    event: '$ai_generation',
    distinct_id: `customer_${random.integer(1, 420)}`,
    timestamp: new Date(g.at).toISOString(),
    properties,
  };
}

function usage(g: Generation, price: (typeof PRICES)[string] | undefined): Record<string, unknown> {
  const [read, write] = [g.cacheRead ?? 0, g.cacheWrite ?? 0];
  const anthropic = price?.provider === 'anthropic';
  const cost = price?.priced
    ? ((Math.round(g.inputTokens) + read * 0.1 + write * 1.25) * price.input +
        Math.round(g.outputTokens) * price.output) /
      1e6
    : null;
  return {
    $ai_input_tokens: Math.round(g.inputTokens),
    $ai_output_tokens: Math.round(g.outputTokens),
    $ai_stop_reason: g.stop ?? (anthropic ? 'end_turn' : 'stop'),
    ...(read > 0 ? { $ai_cache_read_input_tokens: read } : {}),
    ...(write > 0 ? { $ai_cache_creation_input_tokens: write } : {}),
    ...(read + write > 0 ? { $ai_cache_reporting_exclusive: true } : {}),
    ...(cost === null ? {} : { $ai_total_cost_usd: round(cost, 9) }),
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

export function messages(system: string, user: string): { role: string; content: string }[] {
  return [
    { role: 'system', content: system },
    { role: 'user', content: user },
  ];
}

export function answer(text: string): unknown {
  return [{ role: 'assistant', content: text }];
}

export function toolCall(
  random: Random,
  name: string,
  args: Record<string, unknown>,
): { role: string; content: null; tool_calls: unknown[] } {
  return {
    role: 'assistant',
    content: null,
    tool_calls: [
      {
        id: `call_${random.uuid().slice(0, 8)}`,
        type: 'function',
        function: { name, arguments: JSON.stringify(args) },
      },
    ],
  };
}
