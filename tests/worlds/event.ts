import { costOf, type Model } from './models.ts';
import type { Random } from './random.ts';

export interface ToolCall {
  id: string;
  name: string;
  args: Record<string, unknown>;
}

export type Message =
  | { role: 'system' | 'user'; text: string }
  | { role: 'assistant'; text?: string; calls?: ToolCall[] }
  | { role: 'tool'; id: string; text: string };

/** Ways in which SDKs store an answer that holds nothing. */
export type Emptiness = 'string' | 'no_choices' | 'null' | 'blank' | 'no_parts';

/** Ways in which SDKs store answers: `@posthog/ai` parts, raw choices, plain messages. */
export type OutputStyle = 'parts' | 'choices' | 'plain';

export interface Failure {
  status: number | null;
  type: string;
  message: string;
  /** False where only `$ai_is_error` and the status are stored. */
  detailed: boolean;
}

/** One model call before it is written down the way some SDK writes it. */
export interface Call {
  trace: string;
  at: number;
  user: string;
  model: Model;
  messages: Message[];
  reply: { text?: string; calls?: ToolCall[]; empty?: Emptiness };
  /** All of the context, cached parts included. */
  context: number;
  output: number;
  read?: number;
  write?: number;
  reasoning?: number;
  stop: 'end' | 'length' | 'tools';
  /** Where the stop reason is stored. */
  stopIn: 'property' | 'choices' | 'nowhere';
  failure?: Failure;
  /** Seconds. */
  latency: number;
  parameters?: Record<string, unknown>;
  tools?: unknown[];
  /** The call shows the planted problem. */
  planted?: true;
}

/** How one project's SDKs spell things. */
export interface Dialect {
  content: boolean;
  /** Names of models whose cost is not recorded; `all` for none at all. */
  unrecorded: 'all' | readonly string[];
  success: 'absent' | 'false' | 'text';
  status: boolean;
  failure: 'true' | 'text';
  sessions: boolean;
  spanIds: boolean;
  missingCost: 'absent' | 'null';
  /** Whether Anthropic's input tokens leave cached ones out, and whether an event says so. */
  anthropicCache: 'exclusive' | 'unflagged' | 'inclusive';
  /** Traces have a root event that repeats their cost. */
  roots: boolean;
}

export interface Stored {
  uuid: string;
  event: string;
  distinct_id: string;
  timestamp: string;
  properties: Record<string, unknown>;
}

const STOPS: Record<Model['provider'], Record<Call['stop'], string>> = {
  openai: { end: 'stop', length: 'length', tools: 'tool_calls' },
  custom: { end: 'stop', length: 'length', tools: 'tool_calls' },
  anthropic: { end: 'end_turn', length: 'max_tokens', tools: 'tool_use' },
  gemini: { end: 'STOP', length: 'MAX_TOKENS', tools: 'STOP' },
};

/** Writes a call as one `$ai_generation` event of a batch export. */
export function store(r: Random, call: Call, operation: string | null, style: OutputStyle, dialect: Dialect): Stored {
  const failed = call.failure !== undefined;
  const properties: Record<string, unknown> = {
    $ai_lib: 'posthog-ai',
    $ai_trace_id: call.trace,
    ...(operation === null ? {} : { $ai_span_name: operation }),
    ...(dialect.spanIds ? { $ai_span_id: r.hex(16) } : {}),
    ...(dialect.sessions ? { $ai_session_id: `s-${call.user}` } : {}),
    $ai_model: call.model.name,
    $ai_provider: call.model.provider,
    $ai_model_parameters: call.parameters ?? {},
    $ai_input: dialect.content ? inputOf(call) : null,
    $ai_output_choices: dialect.content ? outputOf(call, style) : null,
    $ai_latency: Number(call.latency.toFixed(3)),
    ...outcome(call, dialect),
    ...(failed ? {} : usageOf(call, dialect)),
    ...(call.tools && dialect.content ? { $ai_tools: call.tools } : {}),
  };
  return {
    uuid: r.uuid(),
    event: '$ai_generation',
    distinct_id: call.user,
    timestamp: new Date(call.at).toISOString(),
    properties,
  };
}

function outcome(call: Call, dialect: Dialect): Record<string, unknown> {
  const { failure } = call;
  if (!failure) {
    return {
      ...(dialect.success === 'absent' ? {} : { $ai_is_error: dialect.success === 'false' ? false : 'false' }),
      ...(dialect.status ? { $ai_http_status: 200 } : {}),
    };
  }
  const detail = { name: 'APIError', message: failure.message, status: failure.status, type: failure.type };
  return {
    $ai_is_error: dialect.failure === 'true' ? true : 'true',
    ...(failure.status === null ? {} : { $ai_http_status: failure.status }),
    ...(failure.detailed
      ? { $ai_error: JSON.stringify({ ...detail, stack: `APIError: ${failure.message}\n    at request` }) }
      : {}),
  };
}

function usageOf(call: Call, dialect: Dialect): Record<string, unknown> {
  const { model, context, output } = call;
  const [read, write] = [call.read ?? 0, call.write ?? 0];
  const exclusive = model.provider === 'anthropic' && dialect.anthropicCache !== 'inclusive';
  const flagged = dialect.anthropicCache !== 'unflagged' || !exclusive;
  const cost = recordedCost(call, dialect);
  return {
    $ai_input_tokens: exclusive ? context - read - write : context,
    $ai_output_tokens: output,
    ...(read > 0 ? { $ai_cache_read_input_tokens: read } : {}),
    ...(write > 0 ? { $ai_cache_creation_input_tokens: write } : {}),
    ...(flagged && (read + write > 0 || !exclusive) ? { $ai_cache_reporting_exclusive: exclusive } : {}),
    ...(call.reasoning ? { $ai_reasoning_tokens: call.reasoning } : {}),
    ...(call.stopIn === 'property' ? { $ai_stop_reason: STOPS[model.provider][call.stop] } : {}),
    ...(cost !== null
      ? { $ai_total_cost_usd: cost }
      : dialect.missingCost === 'null'
        ? { $ai_total_cost_usd: null }
        : {}),
    ...toolsCalled(call),
  };
}

/** USD, or null where the project's price list did not know the model, or the call failed. */
export function recordedCost(call: Call, dialect: Dialect): number | null {
  const { price, provider, name } = call.model;
  const unrecorded = dialect.unrecorded === 'all' || dialect.unrecorded.includes(name);
  if (price === null || unrecorded || call.failure) return null;
  const { context, output, read = 0, write = 0 } = call;
  return Number(costOf(price, provider, { context, output, read, write }).toFixed(10));
}

/** A trace's root event; adding its cost to that of the calls would count it twice. */
export function root(r: Random, calls: readonly Call[], operation: string, dialect: Dialect): Stored {
  const [first] = calls;
  const total = calls.reduce((sum, call) => sum + (recordedCost(call, dialect) ?? 0), 0);
  return {
    uuid: r.uuid(),
    event: '$ai_trace',
    distinct_id: first?.user ?? 'unknown',
    timestamp: new Date((calls.at(-1)?.at ?? 0) + 1500).toISOString(),
    properties: {
      $ai_trace_id: first?.trace,
      $ai_trace_name: operation,
      $ai_span_name: operation,
      $ai_latency: Number(calls.reduce((sum, call) => sum + call.latency, 0).toFixed(3)),
      ...(total > 0 ? { $ai_total_cost_usd: Number(total.toFixed(10)) } : {}),
    },
  };
}

function toolsCalled(call: Call): Record<string, unknown> {
  const names = (call.reply.calls ?? []).map((tool) => tool.name);
  return names.length === 0 ? {} : { $ai_tools_called: names.join(','), $ai_tool_call_count: names.length };
}

function inputOf(call: Call): unknown[] {
  return call.messages.map((message) => {
    if (message.role === 'tool')
      return call.model.provider === 'anthropic'
        ? { role: 'user', content: [{ type: 'tool_result', tool_use_id: message.id, content: message.text }] }
        : { role: 'tool', tool_call_id: message.id, content: message.text };
    if (message.role !== 'assistant') return { role: message.role, content: message.text };
    if (call.model.provider !== 'anthropic')
      return {
        role: 'assistant',
        content: message.text ?? null,
        ...(message.calls ? { tool_calls: message.calls.map(asFunction) } : {}),
      };
    const blocks = (message.calls ?? []).map((tool) => ({
      type: 'tool_use',
      id: tool.id,
      name: tool.name,
      input: tool.args,
    }));
    return { role: 'assistant', content: [...(message.text ? [{ type: 'text', text: message.text }] : []), ...blocks] };
  });
}

/** OpenAI spells the arguments as JSON text. */
function asFunction(tool: ToolCall): unknown {
  return { id: tool.id, type: 'function', function: { name: tool.name, arguments: JSON.stringify(tool.args) } };
}

function outputOf(call: Call, style: OutputStyle): unknown[] {
  if (call.failure || call.reply.empty === 'no_choices') return [];
  const finish = call.stopIn === 'choices' ? { finish_reason: STOPS[call.model.provider][call.stop] } : {};
  const { text = null, calls = [], empty } = call.reply;
  const content = { string: '', no_choices: '', null: null, blank: ' \n\n', no_parts: [] }[empty ?? 'null'];
  if (empty)
    return style === 'choices'
      ? [{ index: 0, message: { role: 'assistant', content }, ...finish }]
      : [{ role: 'assistant', content, ...finish }];
  const anthropic = call.model.provider === 'anthropic';
  if (style === 'parts') {
    const tools = calls.map((tool) =>
      anthropic
        ? { type: 'function', id: tool.id, function: { name: tool.name, arguments: tool.args } }
        : asFunction(tool),
    );
    return [{ role: 'assistant', content: [...(text === null ? [] : [{ type: 'text', text }]), ...tools], ...finish }];
  }
  const message = {
    role: 'assistant',
    content: text,
    ...(calls.length > 0 ? { tool_calls: calls.map(asFunction) } : {}),
  };
  return style === 'choices' ? [{ index: 0, message, ...finish }] : [{ ...message, ...finish }];
}
