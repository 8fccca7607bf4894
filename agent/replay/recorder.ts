import { RunbookError } from '../../lib/errors.ts';
import { digestOf, digestOfJson } from '../record/payloads.ts';
import type { RunRecord } from '../record/read.ts';
import type { Recorder } from '../record/recorder.ts';
import type { RecordedStep } from '../record/story.ts';

/** Keeps nothing: gives digests, and what was read outside as it was recorded. */
export class ReplayRecorder implements Recorder {
  readonly #record: RunRecord;
  readonly #outside = new Map<string, string[]>();
  readonly #isLive: boolean;
  #calls = 0;

  /** @param isLive whether what is not in the record is asked for; else it fails, as a query does */
  constructor(record: RunRecord, story: readonly RecordedStep[], isLive: boolean) {
    this.#record = record;
    this.#isLive = isLive;
    for (const { name, answer } of story.flatMap(({ calls }) => calls.flatMap(({ outside }) => outside)))
      this.#outside.set(name, [...(this.#outside.get(name) ?? []), answer]);
  }

  nextCall(): number {
    this.#calls += 1;
    return this.#calls;
  }

  keep(value: unknown): string {
    return digestOfJson(value);
  }

  keepText(text: string): string {
    return digestOf(text);
  }

  keepCut(): null {
    return null;
  }

  keepArtifact(content: Buffer): string {
    return digestOf(content);
  }

  sync(): void {}

  keepQuery(): { request: string; answer: string } {
    return { request: '', answer: '' };
  }

  /** Where a record holds fewer answers than there are questions, the last one stands. */
  async outside<T>(name: string, ask: () => Promise<T>): Promise<T> {
    const answers = this.#outside.get(name) ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer !== undefined) return this.#record.payloads.getJson(answer) as T;
    if (this.#isLive) return ask();
    throw new RunbookError('not_recorded', `The run did not read ${name} from outside, and a replay asks nobody.`, {
      at: name,
      hint: 'The step or the tool is another than at the time of the run. Fork the run there to perform it live.',
    });
  }
}
