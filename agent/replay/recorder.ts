import { createHash } from 'node:crypto';
import type { RunRecord } from '../record/read.ts';
import type { Recorder } from '../record/recorder.ts';
import { storyOf } from '../record/story.ts';

/** Keeps nothing: gives digests, and what was read outside as it was recorded. */
export class ReplayRecorder implements Recorder {
  readonly #record: RunRecord;
  readonly #outside = new Map<string, string[]>();
  #calls = 0;

  constructor(record: RunRecord) {
    this.#record = record;
    for (const { name, answer } of storyOf(record).flatMap(({ calls }) => calls.flatMap(({ outside }) => outside)))
      this.#outside.set(name, [...(this.#outside.get(name) ?? []), answer]);
  }

  nextCall(): number {
    this.#calls += 1;
    return this.#calls;
  }

  keep(value: unknown): string {
    return digest(JSON.stringify(value) ?? 'null');
  }

  keepText(text: string): string {
    return digest(text);
  }

  keepCut(): null {
    return null;
  }

  keepArtifact(content: Buffer): string {
    return digest(content);
  }

  sync(): void {}

  keepQuery(): { request: string; answer: string } {
    return { request: '', answer: '' };
  }

  /** Where a record holds fewer answers than there are questions, the last one stands; where it holds none, the outside is asked. */
  async outside<T>(name: string, ask: () => Promise<T>): Promise<T> {
    const answers = this.#outside.get(name) ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return answer === undefined ? ask() : (this.#record.payloads.getJson(answer) as T);
  }
}

function digest(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
