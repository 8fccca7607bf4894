import { RunbookError } from '../lib/errors.ts';
import type { ResultsDir } from './results-dir.ts';

export type FactUnit = 'usd' | 'count' | 'tokens' | 'share' | 'seconds' | 'days' | 'text' | 'time' | 'ratio';

/** A figure that the report may show. Text refers to it by id; only the renderer formats it. */
export interface Fact {
  value: number | string | null;
  unit: FactUnit;
  /** The artifact or the query that it comes from. */
  source: string;
}

const FILE = 'data/facts.json';

/** The run's facts, kept in `data/facts.json` so that later steps, the grader and a replay read the same figures. */
export class FactStore {
  readonly #results: ResultsDir;
  #facts: Record<string, Fact> | undefined;

  constructor(results: ResultsDir) {
    this.#results = results;
  }

  all(): Readonly<Record<string, Fact>> {
    this.#facts ??= this.#results.exists(FILE) ? (this.#results.readJson(FILE) as Record<string, Fact>) : {};
    return this.#facts;
  }

  get(id: string): Fact {
    const fact = this.all()[id];
    if (!fact) {
      throw new RunbookError('runbook_invalid', `No fact is called "${id}".`, {
        hint: `Known facts: ${Object.keys(this.all()).join(', ') || 'none yet'}.`,
      });
    }
    return fact;
  }

  /** Publishes facts; a later value of the same id replaces the earlier one. */
  async publish(facts: Record<string, Fact>): Promise<void> {
    this.#facts = { ...this.all(), ...facts };
    await this.#results.writeJson(FILE, this.#facts);
  }
}
