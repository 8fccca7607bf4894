import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A Messages API on the loopback: real event order, headers, usage and error bodies, and the checks that a client meets. */

interface Block {
  type: string;
  [field: string]: unknown;
}
interface Message {
  role: 'user' | 'assistant' | 'system';
  content: string | Block[];
}
export interface MessagesBody {
  model: string;
  max_tokens: number;
  system?: Block[];
  tools?: { name: string; description?: string; input_schema: unknown }[];
  messages: Message[];
  stream?: boolean;
  [field: string]: unknown;
}

/** What the "model" does next: a whole answer, an HTTP error, or an answer that goes wrong on the way. */
export type Reply =
  | { kind: 'message'; content: Block[]; stopReason: string; stopDetails?: unknown; outputTokens?: number }
  | {
      kind: 'error';
      status: number;
      type: string;
      message: string;
      errorCode?: string;
      headers?: Record<string, string>;
    }
  | { kind: 'stream_error'; type: string; message: string }
  | { kind: 'cut' }
  | { kind: 'silent' };

export interface MessagesServer {
  readonly url: string;
  readonly bodies: MessagesBody[];
  readonly headers: IncomingMessage['headers'][];
  /** When each of the bodies began to arrive and when its answer was out, in this process's milliseconds. */
  readonly times: { asked: number; answered: number }[];
  close(): Promise<void>;
}

/**
 * @param next decides on the answer to a request; `n` counts from 0
 * @param before an answer begins when it has ended
 * @param keep whether `bodies`, `headers` and `times` are kept
 */
export async function startMessages(
  next: (body: MessagesBody, n: number) => Reply,
  { before, keep = true }: { before?: (body: MessagesBody) => Promise<unknown>; keep?: boolean } = {},
): Promise<MessagesServer> {
  const bodies: MessagesBody[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const times: MessagesServer['times'] = [];
  const cached = new Set<string>();
  let paused = false;
  let count = 0;
  const server = createServer((request, response) => {
    const time = { asked: performance.now(), answered: Number.NaN };
    response.on('finish', () => {
      time.answered = performance.now();
    });
    void read(request).then((text) => {
      if (request.method !== 'POST' || !request.url?.startsWith('/v1/messages'))
        return fail(response, { status: 404, type: 'not_found_error', message: 'no such endpoint' });
      if (!request.headers.authorization && !request.headers['x-api-key'])
        return fail(response, { status: 401, type: 'authentication_error', message: 'invalid x-api-key' });
      const body = JSON.parse(text) as MessagesBody;
      const wrong = fault(body, paused);
      if (wrong) return fail(response, { status: 400, type: 'invalid_request_error', message: wrong });
      const n = count++;
      if (keep) {
        bodies.push(body);
        headers.push(request.headers);
        times.push(time);
      }
      const reply = next(body, n);
      paused = reply.kind === 'message' && reply.stopReason === 'pause_turn';
      const send = () => answer(reply, response, body, usageOf(body, cached), n);
      return before ? before(body).then(send) : send();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    bodies,
    headers,
    times,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** What the API refuses with 400. Only a turn that was paused may be gone on with. */
function fault(body: MessagesBody, paused: boolean): string | undefined {
  if (!body.model || !body.max_tokens || !body.messages?.length) return 'model, max_tokens and messages are required';
  for (const name of ['temperature', 'top_p', 'top_k']) if (name in body) return `${name}: unexpected parameter`;
  const choice = body.tool_choice as { type?: string } | undefined;
  if (choice?.type === 'any' || choice?.type === 'tool')
    return 'tool_choice forces tool use, which this model does not support';
  const marks =
    JSON.stringify({ system: body.system, tools: body.tools, messages: body.messages }).split('"cache_control"')
      .length - 1;
  if (marks + ('cache_control' in body ? 1 : 0) > 4) return 'at most 4 blocks may have cache_control';
  if (body.messages.at(-1)?.role === 'assistant' && !paused) return 'prefilling is not supported';
  return unpaired(body.messages) ?? changedHistory(body);
}

/** Thinking is bound to the exact prefix that it was given for: to tools, system prompt and every message before it. */
function changedHistory(body: MessagesBody): string | undefined {
  for (const [index, { role, content }] of body.messages.entries()) {
    if (role !== 'assistant' || !Array.isArray(content)) continue;
    const thinking = content.find((block) => block.type === 'thinking');
    if (thinking && thinking.signature !== signatureOf({ ...body, messages: body.messages.slice(0, index) }))
      return `messages.${index}: the thinking block does not belong to this conversation`;
  }
  return undefined;
}

function signatureOf({ system, tools, messages }: Pick<MessagesBody, 'system' | 'tools' | 'messages'>): string {
  return createHash('sha256')
    .update(bare([tools, system, messages.map(asBlocks)]))
    .digest('base64');
}

/** Every tool_use needs its tool_result in the next message, in a user turn, and the other way round. */
function unpaired(messages: Message[]): string | undefined {
  const blocks = (message: Message | undefined) => (Array.isArray(message?.content) ? message.content : []);
  for (const [index, message] of messages.entries()) {
    const used = blocks(message).filter((block) => block.type === 'tool_use');
    const results = blocks(messages[index + 1]).filter((block) => block.type === 'tool_result');
    for (const { id } of used)
      if (!results.some((result) => result.tool_use_id === id)) return `tool_use ${String(id)} has no tool_result`;
    if (message.role === 'assistant' && results.length !== used.length) return 'tool_result without tool_use';
    if (blocks(message).some((block) => block.type === 'text' && block.text === '')) return 'text must not be empty';
    if (message.content.length === 0) return 'content must not be empty';
  }
  return undefined;
}

interface Usage {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
}

/** The cache looks for a known prefix at a breakpoint and at so many blocks before it. */
const LOOK_BACK = 20;

/**
 * Four characters to a token. What stands before a breakpoint is cached; the longest prefix that is known at a breakpoint, or at the end of
 * a message within its reach, is read. Without any breakpoint nothing is.
 */
function usageOf(body: MessagesBody, cached: Set<string>): Usage {
  const frame = bare([body.tools, body.system]);
  const blocks = body.messages.map((message) => asBlocks(message).content);
  const prefix = (count: number) => (count === 0 ? frame : frame + bare(body.messages.slice(0, count).map(asBlocks)));
  const whole = prefix(body.messages.length);
  const marks = breakpoints(body);
  const tokens = (text: string) => Math.ceil(text.length / 4);
  if (marks.length === 0)
    return { input_tokens: tokens(whole), cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const known = [...new Set(marks.flatMap((mark) => withinReach(mark, blocks)))].map(prefix);
  const read = Math.max(0, ...known.filter((text) => cached.has(text)).map(tokens));
  for (const mark of marks) cached.add(prefix(mark));
  const written = tokens(prefix(Math.max(...marks))) - read;
  return {
    input_tokens: tokens(whole) - read - written + 3,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
  };
}

function bare(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) => (key === 'cache_control' ? undefined : item));
}

/** How many messages stand before each breakpoint; 0 for one behind tools and system prompt. */
function breakpoints(body: MessagesBody): number[] {
  const isMarked = (value: unknown) => JSON.stringify(value ?? '').includes('"cache_control"');
  return [
    ...(isMarked([body.tools, body.system]) ? [0] : []),
    ...body.messages.flatMap((message, index) => (isMarked(message) ? [index + 1] : [])),
    ...('cache_control' in body ? [body.messages.length] : []),
  ];
}

/** The breakpoint and the ends of messages at most 20 blocks before it. */
function withinReach(mark: number, blocks: unknown[][]): number[] {
  const reached = [mark];
  let passed = 0;
  for (let count = mark - 1; count >= 0; count -= 1) {
    passed += blocks[count]?.length ?? 0;
    if (passed > LOOK_BACK) break;
    reached.push(count);
  }
  return reached;
}

/** A text is the same as one block of it. */
function asBlocks({ role, content }: Message): { role: string; content: Block[] } {
  return { role, content: typeof content === 'string' ? [{ type: 'text', text: content }] : content };
}

function fail(response: ServerResponse, fault: Omit<Extract<Reply, { kind: 'error' }>, 'kind'>): void {
  const { status, type, message, errorCode, headers = {} } = fault;
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_011failed', ...headers });
  const details = errorCode === undefined ? {} : { details: { error_code: errorCode } };
  response.end(JSON.stringify({ type: 'error', error: { type, message, ...details }, request_id: 'req_011failed' }));
}

function answer(reply: Reply, response: ServerResponse, body: MessagesBody, usage: Usage, n: number): void {
  if (reply.kind === 'error') {
    fail(response, reply);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': `req_011${n}` });
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  const cache_creation = { ephemeral_5m_input_tokens: usage.cache_creation_input_tokens, ephemeral_1h_input_tokens: 0 };
  const message = {
    id: `msg_01${n}`,
    type: 'message',
    role: 'assistant',
    model: body.model,
    content: [],
    container: null,
  };
  send('message_start', {
    message: {
      ...message,
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: { ...usage, cache_creation, output_tokens: 1, service_tier: 'standard' },
    },
  });
  send('ping', {});
  if (reply.kind === 'silent') return;
  if (reply.kind === 'cut') {
    send('content_block_start', { index: 0, content_block: { type: 'text', text: '', citations: null } });
    send('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'I will' } });
    // What was sent must arrive before the connection goes.
    setTimeout(() => response.destroy(), 20);
    return;
  }
  if (reply.kind === 'stream_error') {
    send('error', { error: { type: reply.type, message: reply.message }, request_id: `req_011${n}` });
    response.end();
    return;
  }
  for (const [index, block] of reply.content.entries())
    sendBlock(send, index, block.type === 'thinking' ? { ...block, signature: signatureOf(body) } : block);
  send('message_delta', {
    delta: { stop_reason: reply.stopReason, stop_sequence: null, stop_details: reply.stopDetails ?? null },
    usage: { ...usage, output_tokens: reply.outputTokens ?? 50 },
  });
  send('message_stop', {});
  response.end();
}

function sendBlock(send: (type: string, data: object) => void, index: number, block: Block): void {
  if (block.type === 'tool_use') {
    const { input, raw, ...start } = block;
    // What a model wrote may be no JSON at all.
    const json = typeof raw === 'string' ? raw : JSON.stringify(input);
    send('content_block_start', { index, content_block: { ...start, input: {}, caller: { type: 'direct' } } });
    for (const partial_json of ['', json.slice(0, 10), json.slice(10)])
      send('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json } });
  } else if (block.type === 'text') {
    send('content_block_start', { index, content_block: { type: 'text', text: '', citations: null } });
    send('content_block_delta', { index, delta: { type: 'text_delta', text: block.text } });
  } else {
    send('content_block_start', { index, content_block: { type: 'thinking', thinking: '', signature: '' } });
    send('content_block_delta', { index, delta: { type: 'thinking_delta', thinking: block.thinking } });
    send('content_block_delta', { index, delta: { type: 'signature_delta', signature: block.signature } });
  }
  send('content_block_stop', { index });
}

let calls = 0;

export function toolUse(name: string, input: unknown): Block {
  calls += 1;
  return { type: 'tool_use', id: `toolu_01${calls}`, name, input };
}

export function uses(...blocks: Block[]): Reply {
  return { kind: 'message', content: blocks, stopReason: 'tool_use' };
}

export function says(text: string, stopReason = 'end_turn'): Reply {
  return { kind: 'message', content: [{ type: 'text', text }], stopReason };
}

/** The first message of a conversation. */
export function firstText({ messages }: MessagesBody): string {
  const content = messages[0]?.content ?? '';
  return typeof content === 'string' ? content : content.map((block) => String(block.text)).join('\n');
}

/** Everything but where the prompt cache's breakpoints are. */
export function withoutMarks<T>(value: T): T {
  return JSON.parse(JSON.stringify(value, (key, item: unknown) => (key === 'cache_control' ? undefined : item))) as T;
}

/** Whether a judge is asked, and not an agent. */
export function isJudged({ system }: MessagesBody): boolean {
  return JSON.stringify(system).includes('You grade one criterion');
}

/** A judge's vote that quotes the report it was given. */
export function votes(body: MessagesBody, score: number): Reply {
  const [json = ''] = firstText(body).split('\n');
  const report = (JSON.parse(json) as { untrusted_report: string }).untrusted_report;
  const evidence = [{ quote: report.split('\n').find((line) => line.trim() !== '') ?? '', where: 'line 1' }];
  return says(JSON.stringify({ evidence, missing: [], reasoning: 'As the anchors say.', cannot_judge: false, score }));
}

/** A model that performs every step as its file has it: all reference calls, then the end. As a judge it is content. */
export function diligent(body: MessagesBody): Reply {
  if (isJudged(body)) return votes(body, 5);
  const blocks = body.messages.flatMap(({ role, content }) =>
    role === 'assistant' && Array.isArray(content) ? content : [],
  );
  const made = blocks.filter(
    ({ name, input }) => name === 'run_reference_call' && JSON.stringify(input) === '{"number":1}',
  );
  if (made.length > 0) return uses(toolUse('finish_step', { summary: 'Done as the step file says.' }));
  const step = firstText(body);
  const count = [...step.matchAll(/^Reference call (\d+):$/gmu)].length;
  const thinking = { type: 'thinking', thinking: 'The reference calls come first.' };
  return uses(
    thinking,
    ...Array.from({ length: count }, (_unused, index) => toolUse('run_reference_call', { number: index + 1 })),
  );
}

const PREFIX = 'mcp__runbook__';

/** The same "model" behind Claude Code: tools have its names for them, and what it adds to messages is left out. */
export function throughClaudeCode(
  next: (body: MessagesBody, n: number) => Reply,
): (body: MessagesBody, n: number) => Reply {
  return (body, n) => {
    if (isJudged(body)) return next(body, n);
    const reply = next({ ...body, messages: body.messages.map(plain) }, n);
    if (reply.kind !== 'message') return reply;
    const named = (block: Block) =>
      block.type === 'tool_use' ? { ...block, name: PREFIX + String(block.name) } : block;
    return { ...reply, content: reply.content.map(named) };
  };
}

function plain({ role, content }: Message): Message {
  if (!Array.isArray(content)) return { role, content };
  const own = content.filter((block) => !String(block.text).startsWith('<system-reminder>'));
  if (own.every((block) => block.type === 'text')) return { role, content: own.map((block) => block.text).join('\n') };
  return {
    role,
    content: own.map((block) => {
      if (block.type === 'tool_use') return { ...block, name: String(block.name).replace(PREFIX, '') };
      if (!Array.isArray(block.content)) return block;
      return { ...block, content: (block.content as Block[]).map((part) => part.text).join('\n') };
    }),
  };
}
