import { setTimeout as sleep } from 'node:timers/promises';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  CompleteRequestSchema,
  type ElicitRequestFormParams,
  ListToolsRequestSchema,
  type ServerNotification,
  type ServerRequest,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** One red pixel, and a WAV file without sound. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';
const PAUSE_MS = 50;

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });
const image = { type: 'image' as const, data: PNG, mimeType: 'image/png' };
const says = (value: string) => ({ role: 'user' as const, content: { type: 'text' as const, text: value } });

/** The tools, resources and prompts that the public conformance suite calls by name: it is the transport that is tested with them. */
export function fixtureServer(): Promise<McpServer> {
  const server = new McpServer(
    { name: 'fixture', version: '1' },
    { capabilities: { logging: {}, completions: {}, resources: { subscribe: true } } },
  );
  addContentTools(server);
  addTalkingTools(server);
  addElicitations(server);
  addSchemaTool(server);
  addResources(server);
  addPrompts(server);
  return Promise.resolve(server);
}

function addContentTools(server: McpServer): void {
  const tool = (name: string, content: unknown[]) =>
    server.registerTool(name, { description: name }, () => ({ content }) as never);
  const resource = (uri: string, mimeType: string, value: string) => ({
    type: 'resource',
    resource: { uri, mimeType, text: value },
  });
  tool('test_simple_text', text('This is a simple text response for testing.').content);
  tool('test_image_content', [image]);
  tool('test_audio_content', [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }]);
  tool('test_embedded_resource', [
    resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
  ]);
  tool('test_multiple_content_types', [
    ...text('Multiple content types test:').content,
    image,
    resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  ]);
  server.registerTool('test_error_handling', { description: 'fails' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
}

/** Tools that say something before they answer, or ask the client. */
function addTalkingTools(server: McpServer): void {
  const log = (extra: Extra, data: string) =>
    extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data } });
  server.registerTool('test_tool_with_logging', { description: 'logs' }, async (extra) => {
    await log(extra, 'Tool execution started');
    await sleep(PAUSE_MS);
    await log(extra, 'Tool processing data');
    await sleep(PAUSE_MS);
    await log(extra, 'Tool execution completed');
    return text('Logged three times.');
  });
  server.registerTool('test_tool_with_progress', { description: 'reports progress' }, async (extra) => {
    const progressToken = extra._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined)
        await extra.sendNotification({
          method: 'notifications/progress',
          params: { progressToken, progress, total: 100 },
        });
      await sleep(PAUSE_MS);
    }
    return text('Done.');
  });
  server.registerTool('test_reconnection', { description: 'closes its stream before it answers' }, async (extra) => {
    extra.closeSSEStream?.();
    await sleep(2 * PAUSE_MS);
    return text('Reconnection test completed successfully.');
  });
  const prompt = { description: 'asks the client’s model', inputSchema: { prompt: z.string() } };
  server.registerTool('test_sampling', prompt, async ({ prompt: asked }, extra) => {
    const messages = [{ role: 'user' as const, content: { type: 'text' as const, text: asked } }];
    const { content } = await server.server.createMessage(
      { messages, maxTokens: 100 },
      { relatedRequestId: extra.requestId },
    );
    return text(`LLM response: ${'text' in content ? content.text : ''}`);
  });
}

function addElicitations(server: McpServer): void {
  const ask = async (message: string, properties: unknown, extra: Extra, required: string[] = []) => {
    const requestedSchema = { type: 'object', properties, required } as ElicitRequestFormParams['requestedSchema'];
    const answer = await server.server.elicitInput({ message, requestedSchema }, { relatedRequestId: extra.requestId });
    return `action=${answer.action}, content=${JSON.stringify(answer.content)}`;
  };
  const message = { description: 'asks the user', inputSchema: { message: z.string() } };
  server.registerTool('test_elicitation', message, async ({ message: asked }, extra) => {
    const properties = {
      username: { type: 'string', description: "User's response" },
      email: { type: 'string', description: "User's email address" },
    };
    return text(`User response: ${await ask(asked, properties, extra, ['username', 'email'])}`);
  });
  server.registerTool('test_elicitation_sep1034_defaults', { description: 'defaults' }, async (extra) => {
    const properties = {
      name: { type: 'string', default: 'John Doe' },
      age: { type: 'integer', default: 30 },
      score: { type: 'number', default: 95.5 },
      status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
      verified: { type: 'boolean', default: true },
    };
    return text(`Elicitation completed: ${await ask('Defaults', properties, extra)}`);
  });
  server.registerTool('test_elicitation_sep1330_enums', { description: 'enums' }, async (extra) => {
    const named = (prefix: string, suffix: string) =>
      ['First', 'Second', 'Third'].map((name, index) => ({
        const: `${prefix}${index + 1}`,
        title: `${name} ${suffix}`,
      }));
    const plain = ['option1', 'option2', 'option3'];
    const properties = {
      untitledSingle: { type: 'string', enum: plain },
      titledSingle: { type: 'string', oneOf: named('value', 'Option') },
      legacyEnum: {
        type: 'string',
        enum: ['opt1', 'opt2', 'opt3'],
        enumNames: ['Option One', 'Option Two', 'Option Three'],
      },
      untitledMulti: { type: 'array', items: { type: 'string', enum: plain } },
      titledMulti: { type: 'array', items: { anyOf: named('value', 'Choice') } },
    };
    return text(`Elicitation completed: ${await ask('Enums', properties, extra)}`);
  });
}

/** A tool whose schema is listed as it was written, with references; the list names it beside a plain one. */
function addSchemaTool(server: McpServer): void {
  server.registerTool('json_schema_2020_12_tool', { description: 'has a schema' }, () => text('ok'));
  const inputSchema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object' as const,
    $defs: { address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
    properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
    additionalProperties: false,
  };
  server.server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [
      { name: 'test_simple_text', description: 'says a sentence', inputSchema: { type: 'object' as const } },
      { name: 'json_schema_2020_12_tool', description: 'has a schema', inputSchema },
    ],
  }));
}

function addResources(server: McpServer): void {
  const { server: plain } = server;
  const about = (mimeType: string) => ({ description: 'of the suite', mimeType });
  server.registerResource('text', 'test://static-text', about('text/plain'), ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }],
  }));
  server.registerResource('binary', 'test://static-binary', about('image/png'), ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'image/png', blob: PNG }],
  }));
  server.registerResource('watched', 'test://watched-resource', about('text/plain'), ({ href: uri }) => ({
    contents: [{ uri, mimeType: 'text/plain', text: 'Watched.' }],
  }));
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  server.registerResource('template', template, about('application/json'), ({ href: uri }, { id }) => ({
    contents: [
      {
        uri,
        mimeType: 'application/json',
        text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
      },
    ],
  }));
  const watched = new Set<string>();
  plain.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    watched.add(params.uri);
    return {};
  });
  plain.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    watched.delete(params.uri);
    return {};
  });
}

function addPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'simple' }, () => ({
    messages: [says('This is a simple prompt for testing.')],
  }));
  const two = { description: 'with arguments', argsSchema: { arg1: z.string(), arg2: z.string() } };
  server.registerPrompt('test_prompt_with_arguments', two, ({ arg1, arg2 }) => ({
    messages: [says(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
  }));
  const one = { description: 'with a resource', argsSchema: { resourceUri: z.string() } };
  server.registerPrompt('test_prompt_with_embedded_resource', one, ({ resourceUri: uri }) => {
    const resource = { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' };
    return {
      messages: [
        { role: 'user', content: { type: 'resource', resource } },
        says('Please process the embedded resource above.'),
      ],
    };
  });
  server.registerPrompt('test_prompt_with_image', { description: 'with an image' }, () => ({
    messages: [{ role: 'user', content: image }, says('Please analyze the image above.')],
  }));
  server.server.setRequestHandler(CompleteRequestSchema, () => ({
    completion: { values: [], total: 0, hasMore: false },
  }));
}
