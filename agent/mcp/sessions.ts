import { randomUUID } from 'node:crypto';
import { WebStandardStreamableHTTPServerTransport as HttpTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { RecentEvents } from './recent-events.ts';
import { Session } from './session.ts';

/** The SDK's servers, both the one with registries and the plain one. */
export interface Connectable {
  connect(transport: Transport): Promise<void>;
}

/** Clients seldom say goodbye: of the sessions that wait for no answer, the one used least recently makes room for a new one. */
const MAX_SESSIONS = 32;

/** MCP sessions over HTTP, each with a server of its own, so that progress and cancellation reach the call that they belong to. */
export class Sessions {
  readonly #build: () => Promise<Connectable>;
  /** In the order of their last use. */
  readonly #open = new Map<string, Session>();

  constructor(build: () => Promise<Connectable>) {
    this.#build = build;
  }

  /** Answers one HTTP request; one without a session id begins a session, and must then be `initialize`. */
  async handle(request: Request): Promise<Response> {
    const id = request.headers.get('mcp-session-id');
    if (id === null) return (await this.#begin()).handleRequest(request);
    const session = this.#open.get(id);
    if (!session) return unknownSession();
    this.#touch(session);
    return session.transport.handleRequest(request);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ transport }) => transport.close()));
  }

  async #begin(): Promise<HttpTransport> {
    const transport = new HttpTransport({
      sessionIdGenerator: randomUUID,
      eventStore: new RecentEvents(),
      onsessioninitialized: (id) => this.#keep(id, session),
      onsessionclosed: (id) => void this.#open.delete(id),
    });
    const server = await this.#build();
    // The SDK's own types disagree under exactOptionalPropertyTypes.
    await server.connect(transport as Transport);
    const session = new Session(transport, (answered) => this.#touch(answered));
    return transport;
  }

  #keep(id: string, session: Session): void {
    if (this.#open.size >= MAX_SESSIONS) this.#evict();
    this.#open.set(id, session);
  }

  /** Where all are busy, one call is lost: a server that no one new can reach would be worse. */
  #evict(): void {
    const all = [...this.#open];
    const [id, session] = all.find(([, candidate]) => !candidate.isBusy()) ?? all[0] ?? [];
    if (id === undefined) return;
    this.#open.delete(id);
    void session?.transport.close();
  }

  /** Puts a session last in the order of use. */
  #touch(session: Session): void {
    const id = session.transport.sessionId;
    if (id === undefined || !this.#open.delete(id)) return;
    this.#open.set(id, session);
  }
}

/** As the protocol has it: a client then begins a new session. */
function unknownSession(): Response {
  const error = { code: -32001, message: 'There is no such session: send initialize without an Mcp-Session-Id.' };
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status: 404 });
}
