import { z } from 'zod';

const count = z.number().nullish();
const usage = z
  .object({
    input_tokens: z.number().optional(),
    output_tokens: z.number().optional(),
    cache_creation_input_tokens: count,
    cache_read_input_tokens: count,
    cache_creation: z.object({ ephemeral_1h_input_tokens: z.number() }).nullish(),
  })
  // A later line of the same answer may leave out what it does not change.
  .transform((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));

const system = <T extends string>(subtype: T) => ({ type: z.literal('system'), subtype: z.literal(subtype) });
const streamed = <T extends z.ZodType>(event: T) => z.object({ type: z.literal('stream_event'), event });

/** The lines of `--output-format stream-json` that matter here, as version 2.1.330 prints them; it prints many others. */
const schema = z.union([
  z
    .object({ ...system('init'), mcp_servers: z.array(z.object({ name: z.string(), status: z.string() })) })
    .transform(({ mcp_servers }) => ({ kind: 'ready' as const, servers: mcp_servers })),
  z.object({ ...system('status'), status: z.literal('requesting') }).transform(() => ({ kind: 'request' as const })),
  z
    .object({
      ...system('api_retry'),
      attempt: z.number(),
      retry_delay_ms: z.number(),
      error: z.string().nullish(),
      error_status: z.number().nullish(),
    })
    .transform(({ attempt, retry_delay_ms, error, error_status }) => ({
      kind: 'retry' as const,
      attempt,
      waitS: retry_delay_ms / 1000,
      status: error_status ?? null,
      reason: [error_status, error].filter(Boolean).join(' ') || 'the request failed',
    })),
  streamed(z.object({ type: z.literal('message_start'), message: z.object({ usage }) })).transform(({ event }) => ({
    kind: 'usage' as const,
    usage: event.message.usage,
    stopReason: null,
  })),
  streamed(
    z.object({ type: z.literal('message_delta'), delta: z.object({ stop_reason: z.string().nullable() }), usage }),
  ).transform(({ event }) => ({ kind: 'usage' as const, usage: event.usage, stopReason: event.delta.stop_reason })),
  streamed(z.object({ type: z.literal('message_stop') })).transform(() => ({ kind: 'answered' as const })),
  z
    .object({
      type: z.literal('assistant'),
      message: z.object({ content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })) }),
      request_id: z.string().nullish(),
    })
    .transform(({ message, request_id }) => ({
      kind: 'said' as const,
      requestId: request_id ?? null,
      text: message.content
        .map(({ type, text }) => (type === 'text' ? (text ?? '') : ''))
        .join('')
        .trim(),
    })),
  z
    .object({
      type: z.literal('result'),
      subtype: z.string(),
      is_error: z.boolean(),
      result: z.string().nullish(),
      errors: z.array(z.string()).nullish(),
      terminal_reason: z.string().nullish(),
      api_error_status: z.number().nullish(),
      permission_denials: z.array(z.looseObject({ tool_name: z.string() })).default([]),
    })
    .transform((line) => ({
      kind: 'result' as const,
      /** `success`, or the name of a failure. An answer of the API that is an error is a `success` for the program. */
      outcome: line.subtype !== 'success' ? line.subtype : line.is_error ? 'api_error' : 'success',
      text: line.result ?? '',
      status: line.api_error_status ?? null,
      reason: [line.api_error_status, line.result || line.errors?.join('; ') || line.terminal_reason]
        .filter(Boolean)
        .join(' '),
      denied: line.permission_denials.map(({ tool_name }) => tool_name),
    })),
]);
export type CliLine = z.infer<typeof schema>;
export type CliResult = Extract<CliLine, { kind: 'result' }>;

/** @returns undefined for a line that does not matter here */
export function readLine(text: string): CliLine | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  return schema.safeParse(json).data;
}
