import { randomUUID } from 'node:crypto';
import { WebStandardStreamableHTTPServerTransport as HttpTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { RecentEvents } from './recent-events.ts';

/** The SDK's servers, both the one with registries and the plain one. */
export interface Connectable {
  connect(transport: Transport): Promise<void>;
}

/** Clients seldom say goodbye: the session that was used least recently makes room for a new one. */
const MAX_SESSIONS = 32;

/** MCP sessions over HTTP, each with a server of its own, so that progress and cancellation reach the call that they belong to. */
export class Sessions {
  readonly #build: () => Promise<Connectable>;
  /** In the order of their last use. */
  readonly #open = new Map<string, HttpTransport>();

  constructor(build: () => Promise<Connectable>) {
    this.#build = build;
  }

  /** Answers one HTTP request; one without a session id begins a session, and must then be `initialize`. */
  async handle(request: Request): Promise<Response> {
    const id = request.headers.get('mcp-session-id');
    if (id === null) return (await this.#begin()).handleRequest(request);
    const transport = this.#open.get(id);
    if (!transport) return unknownSession();
    this.#open.delete(id);
    this.#open.set(id, transport);
    return transport.handleRequest(request);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map((transport) => transport.close()));
  }

  async #begin(): Promise<HttpTransport> {
    const transport = new HttpTransport({
      sessionIdGenerator: randomUUID,
      eventStore: new RecentEvents(),
      onsessioninitialized: (id) => this.#keep(id, transport),
      onsessionclosed: (id) => void this.#open.delete(id),
    });
    const server = await this.#build();
    // The SDK's own types disagree under exactOptionalPropertyTypes.
    await server.connect(transport as Transport);
    return transport;
  }

  #keep(id: string, transport: HttpTransport): void {
    this.#open.set(id, transport);
    const [oldest] = this.#open;
    if (this.#open.size <= MAX_SESSIONS || !oldest) return;
    this.#open.delete(oldest[0]);
    void oldest[1].close();
  }
}

/** As the protocol has it: a client then begins a new session. */
function unknownSession(): Response {
  const error = { code: -32001, message: 'There is no such session: send initialize without an Mcp-Session-Id.' };
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status: 404 });
}
