import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import { RunbookError } from '../../lib/errors.ts';
import type { Workbench } from './workbench.ts';

/** What the protocol has for a resource that there is not. */
const RESOURCE_NOT_FOUND = -32_002;
/** A path that is refused is answered like one that leads nowhere. */
const MISSING = new Set(['not_found', 'io', 'tool_input']);

/** A resource's contents. @throws McpError with the same advice that a failed tool call gives */
export async function answered<T>(workbench: Workbench, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const missing = error instanceof RunbookError && MISSING.has(error.code);
    throw new McpError(missing ? RESOURCE_NOT_FOUND : ErrorCode.InternalError, workbench.advice(error));
  }
}
