import type { z } from 'zod';
import { messageOf, RunbookError } from '../lib/errors.ts';
import { loadTool } from '../tools/registry.ts';
import type { Tool, ToolContext } from '../tools/tool.ts';
import type { ToolCall } from './driver.ts';
import type { EventBody } from './events.ts';

interface CallOptions {
  step: number;
  /** Number of the call in the run. */
  number: number;
  context: ToolContext;
  emit(event: EventBody): void;
  /** What the call's queries cost so far. */
  usage(): { queries: number; rows: number; response_bytes: number };
  /** Keeps a value that is too large for the log whole; null where it is not, or nothing is kept. */
  keep(value: unknown): string | null;
}

/**
 * Calls a tool through the registry: input and output are checked against its schemas, begin and end are logged.
 * @throws RunbookError `runbook_invalid` for an unknown tool, `tool_input` naming place and field, or what the tool throws
 */
export async function callTool(call: ToolCall, options: CallOptions): Promise<unknown> {
  const { step, number, context, emit, usage, keep } = options;
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const { tool: name, input: given } = call;
  emit({ type: 'tool_started', step, call: number, tool: name, input: given, payload: keep(given) });
  try {
    const tool = await loadTool(call.tool);
    const input = checkInput(tool, call);
    const output = checkOutput(tool, await tool.run(input, context));
    const payload = keep(output);
    emit({ type: 'tool_finished', step, call: number, tool: name, output, payload, ...usage(), elapsed_s: elapsed() });
    return output;
  } catch (error) {
    emit({ type: 'tool_failed', step, call: number, tool: name, ...failureOf(error), elapsed_s: elapsed() });
    throw error;
  }
}

/** Any thrown thing as the fields of a failure event. */
export function failureOf(error: unknown): { code: string; message: string; hint: string | null } {
  if (error instanceof RunbookError) return { code: error.code, message: error.message, hint: error.hint ?? null };
  return { code: 'unexpected', message: messageOf(error), hint: null };
}

function checkInput(tool: Tool, call: ToolCall): unknown {
  const parsed = tool.input.safeParse(call.input);
  if (parsed.success) return parsed.data;
  const { field, path, message } = firstIssue(parsed.error);
  const at = call.placeOf(path);
  throw new RunbookError('tool_input', `${at}: ${call.tool}: ${field}: ${message}`, {
    at,
    hint: `runbook tool --list says what ${call.tool} does.`,
  });
}

/** The first problem of an input, with the path of an unknown key where that is the problem; its message tells of the others too. */
export function firstIssue(error: z.core.$ZodError): { field: string; path: PropertyKey[]; message: string } {
  const [first] = error.issues;
  const unknown = first?.code === 'unrecognized_keys' ? first.keys.slice(0, 1) : [];
  const path = [...(first?.path ?? []), ...unknown];
  const others = error.issues.slice(1, 4).map((issue) => `${[...issue.path, ''].join('.')} ${issue.message}`.trim());
  const message = [first?.message ?? 'not valid', ...others].join('; ');
  return { field: path.map(String).join('.') || 'input', path, message };
}

/** A wrong output is a fault of the tool, not of its caller. */
function checkOutput(tool: Tool, output: unknown): unknown {
  const parsed = tool.output.safeParse(output);
  if (parsed.success) return parsed.data;
  const { field, message } = firstIssue(parsed.error);
  throw new Error(`${tool.name} answered with something its own schema refuses: ${field}: ${message}`);
}
