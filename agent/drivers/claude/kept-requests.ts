import type Anthropic from '@anthropic-ai/sdk';

/**
 * Requests of a conversation as they are kept: the history only grows, so each message is kept once, and a request names the payloads of
 * its messages.
 */
export class KeptRequests {
  readonly #keep: (value: unknown) => string;
  readonly #messages = new WeakMap<Anthropic.MessageParam, string>();

  constructor(keep: (value: unknown) => string) {
    this.#keep = keep;
  }

  /** @returns the payload `{frame, messages}`: what every request begins with, and the history, each by payload */
  request(frame: object, messages: readonly Anthropic.MessageParam[]): string {
    return this.#keep({ frame: this.#keep(frame), messages: messages.map((message) => this.#message(message)) });
  }

  #message(message: Anthropic.MessageParam): string {
    const known = this.#messages.get(message);
    if (known !== undefined) return known;
    const payload = this.#keep(message);
    this.#messages.set(message, payload);
    return payload;
  }
}
