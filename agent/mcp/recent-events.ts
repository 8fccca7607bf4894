import type { EventStore } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

const MAX_EVENTS = 200;

/** The newest messages of a session: a client whose connection was cut in the middle of a long query asks for what it missed. */
export class RecentEvents implements EventStore {
  readonly #events: { id: string; stream: string; message: JSONRPCMessage }[] = [];
  #next = 0;

  storeEvent(stream: string, message: JSONRPCMessage): Promise<string> {
    this.#next += 1;
    const id = String(this.#next);
    this.#events.push({ id, stream, message });
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
    return Promise.resolve(id);
  }

  getStreamIdForEventId(id: string): Promise<string | undefined> {
    return Promise.resolve(this.#events.find((event) => event.id === id)?.stream);
  }

  async replayEventsAfter(
    last: string,
    { send }: { send(id: string, message: JSONRPCMessage): Promise<void> },
  ): Promise<string> {
    const stream = await this.getStreamIdForEventId(last);
    if (stream === undefined) throw new Error('The event is no longer known.');
    const missed = this.#events.filter((event) => event.stream === stream && Number(event.id) > Number(last));
    // A stream's first event is empty: it only gives the client an id to come back with.
    for (const { id, message } of missed) if ('jsonrpc' in message) await send(id, message);
    return stream;
  }
}
