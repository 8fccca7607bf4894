import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { RunEvent } from '../events.ts';
import { filesAfter, type RunRecord } from '../record/read.ts';
import type { Cut } from '../record/take-over.ts';
import { textDiff } from './text-diff.ts';

/** An artifact that is another than the record's. */
export interface ArtifactChange {
  path: string;
  /** The step at whose end it was another first; null where the grading made the difference. */
  step: number | null;
  kind: 'changed' | 'missing' | 'new';
  /** Lines that differ, where both are texts. */
  diff: string;
}

/** Follows a replay beside the record: which artifacts are as they were, and where another one first came up. */
export class ArtifactComparison {
  readonly #record: RunRecord;
  readonly #now: Map<string, string>;
  readonly #first = new Map<string, number>();

  constructor(record: RunRecord, { events }: Cut) {
    this.#record = record;
    this.#now = filesAfter(events);
  }

  event(event: RunEvent): void {
    if (event.from !== undefined) return;
    if (event.type === 'artifact_written') this.#now.set(event.path, event.sha256);
    if (event.type === 'artifact_removed') this.#now.delete(event.path);
    if (event.type !== 'step_finished') return;
    const end = this.#record.events.find((each) => each.type === 'step_finished' && each.number === event.number);
    if (!end) return;
    for (const file of this.#different(end.seq)) if (!this.#first.has(file)) this.#first.set(file, event.number);
  }

  /** Artifacts that were another at the end of a step so far. */
  changed(): string[] {
    return [...this.#first.keys()];
  }

  identical(end: number): string[] {
    return [...this.#recorded(end)].flatMap(([file, sha256]) => (this.#now.get(file) === sha256 ? [file] : [])).sort();
  }

  /** @param dir where the replay left its artifacts */
  changes(dir: string, end: number): ArtifactChange[] {
    const recorded = this.#recorded(end);
    return this.#different(end).map((file) => {
      const [then, now] = [recorded.get(file), this.#now.get(file)];
      const kind = then === undefined ? 'new' : now === undefined ? 'missing' : 'changed';
      const step = this.#first.get(file) ?? null;
      return { path: file, step, kind, diff: kind === 'changed' ? this.#diff(file, String(then), dir) : '' };
    });
  }

  #recorded(end: number): Map<string, string> {
    return filesAfter(this.#record.events.slice(0, end));
  }

  #different(end: number): string[] {
    const recorded = this.#recorded(end);
    const all = new Set([...recorded.keys(), ...this.#now.keys()]);
    return [...all].filter((file) => recorded.get(file) !== this.#now.get(file)).sort();
  }

  #diff(file: string, sha256: string, dir: string): string {
    return textDiff(this.#record.payloads.get(sha256), readFileSync(path.join(dir, file)));
  }
}
