import type { WebStandardStreamableHTTPServerTransport as HttpTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/**
 * A session's transport with the requests that are not answered yet. They are counted by their messages and not by their HTTP
 * connections: a call goes on while its client reconnects, and a client may keep a stream open on which nothing runs.
 */
export class Session {
  readonly transport: HttpTransport;
  readonly #unanswered = new Set<string | number>();

  /**
   * @param transport with its server connected
   * @param onAnswer told after each answer
   */
  constructor(transport: HttpTransport, onAnswer: (session: Session) => void) {
    this.transport = transport;
    const receive = transport.onmessage;
    transport.onmessage = (message, extra) => {
      this.#received(message);
      receive?.(message, extra);
    };
    const send = transport.send.bind(transport);
    transport.send = async (message, options) => {
      if (!('method' in message) && message.id !== undefined) {
        this.#unanswered.delete(message.id);
        onAnswer(this);
      }
      await send(message, options);
    };
  }

  isBusy(): boolean {
    return this.#unanswered.size > 0;
  }

  /** A cancelled request is never answered. */
  #received(message: JSONRPCMessage): void {
    if (!('method' in message)) return;
    if ('id' in message) this.#unanswered.add(message.id);
    else if (message.method === 'notifications/cancelled')
      this.#unanswered.delete(message.params?.requestId as string | number);
  }
}
