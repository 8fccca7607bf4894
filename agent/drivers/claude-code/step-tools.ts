import type Anthropic from '@anthropic-ai/sdk';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { ToolOutcome } from '../claude/toolbox.ts';
import { SERVER } from './cli.ts';

export type RunTool = (name: string, input: unknown) => Promise<ToolOutcome>;

/** The tools as the step may use them, as an MCP server. Results are text: data stands between its marks, as for any other agent. */
export function stepServer(tools: readonly Anthropic.Tool[], run: RunTool): Server {
  const server = new Server({ name: SERVER, version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map(({ name, description = '', input_schema }) => ({
      name,
      description,
      inputSchema: input_schema as { type: 'object' },
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    const { content, isError } = await run(params.name, params.arguments ?? {});
    return { content: [{ type: 'text', text: content }], isError };
  });
  return server;
}
