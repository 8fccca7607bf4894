import { messageOf, RunbookError } from '../lib/errors.ts';
import { loadTool } from '../tools/registry.ts';
import type { ToolContext } from '../tools/tool.ts';
import type { EventBody } from './events.ts';

export interface ToolCall {
  step: number;
  tool: string;
  input: unknown;
  /** Names the place of a wrong input in an error: `steps/04-x.md:12`. */
  placeOf(path: readonly PropertyKey[]): string;
}

/**
 * Calls a tool through the registry: input and output are checked against its schemas, begin and end are logged.
 * @throws RunbookError `tool_input` naming place and field, or what the tool throws
 */
export async function callTool(
  call: ToolCall,
  context: ToolContext,
  emit: (event: EventBody) => void,
): Promise<unknown> {
  const tool = await loadTool(call.tool);
  const parsed = tool.input.safeParse(call.input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = call.placeOf(issue?.path ?? []);
    throw new RunbookError(
      'tool_input',
      `${place}: ${call.tool}.${issue?.path.join('.') || 'input'}: ${issue?.message}`,
      { at: place },
    );
  }
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  emit({ type: 'tool_started', step: call.step, tool: call.tool, input: parsed.data });
  try {
    const output = tool.output.parse(await tool.run(parsed.data, context));
    emit({ type: 'tool_finished', step: call.step, tool: call.tool, output, elapsed_s: elapsed() });
    return output;
  } catch (error) {
    const failure = error instanceof RunbookError ? error : undefined;
    emit({
      type: 'tool_failed',
      step: call.step,
      tool: call.tool,
      code: failure?.code ?? 'unexpected',
      message: messageOf(error),
      hint: failure?.hint ?? null,
      elapsed_s: elapsed(),
    });
    throw error;
  }
}
