import { isCut } from '../log.ts';
import type { QueryExchange } from '../recorded-source.ts';
import type { Payloads } from './payloads.ts';

/** What a run keeps beside its log, so that it can be resumed, replayed and forked. */
export interface Recorder {
  /** Numbers the run's tool calls, from 1. */
  nextCall(): number;
  /** @returns the payload. @throws RunbookError `log` */
  keep(value: unknown): string;
  keepText(text: string): string;
  /** Keeps what the log shows only a part of; null for the rest. */
  keepCut(value: unknown): string | null;
  /** Keeps a version of an artifact. @returns its SHA-256 */
  keepArtifact(content: Buffer): string;
  /** Waits until the disk has what was kept. */
  sync(): void;
  /** The payloads of a query's `request` and `answer`. */
  keepQuery(exchange: QueryExchange): { request: string; answer: string };
  /** Asks something outside, or answers from a record. @param told gets the payload of the answer */
  outside<T>(name: string, ask: () => Promise<T>, told: (answer: string) => void): Promise<T>;
}

/** Records a run that is made live. */
export class LiveRecorder implements Recorder {
  readonly #payloads: Payloads;
  #calls: number;

  /** @param calls how many tool calls the run has made before */
  constructor(payloads: Payloads, calls = 0) {
    this.#payloads = payloads;
    this.#calls = calls;
  }

  nextCall(): number {
    this.#calls += 1;
    return this.#calls;
  }

  keep(value: unknown): string {
    return this.#payloads.putJson(value);
  }

  keepText(text: string): string {
    return this.#payloads.putText(text);
  }

  keepCut(value: unknown): string | null {
    return isCut(value) ? this.keep(value) : null;
  }

  keepArtifact(content: Buffer): string {
    return this.#payloads.put(content);
  }

  sync(): void {
    this.#payloads.sync();
  }

  keepQuery({ request, answer }: QueryExchange): { request: string; answer: string } {
    return { request: this.keep(request), answer: this.keep(answer) };
  }

  async outside<T>(_name: string, ask: () => Promise<T>, told: (answer: string) => void): Promise<T> {
    const answer = await ask();
    told(this.keep(answer));
    return answer;
  }
}

/** For steps that are performed to look, not to leave a record. */
export const UNRECORDED: Recorder = {
  nextCall: () => 0,
  keep: () => '',
  keepText: () => '',
  keepCut: () => null,
  keepArtifact: () => '',
  sync: () => undefined,
  keepQuery: () => ({ request: '', answer: '' }),
  outside: (_name, ask) => ask(),
};
