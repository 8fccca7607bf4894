import { statSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { messageOf } from '../lib/errors.ts';
import { contractProblem, isOfContract } from '../rubric/artifacts.ts';
import type { ResultsDir } from '../tools/results-dir.ts';
import { stampOf } from './results.ts';

/** What is wrong with a step's declared outputs; a file is read again only when it is another than at the last look. */
export class Outputs {
  readonly #results: ResultsDir;
  readonly #files: readonly string[];
  readonly #byContract: boolean;
  readonly #known = new Map<string, { stamp: string; problem: string | undefined }>();

  /** @param byContract whether the runbook's data files are those of the trace optimizer, which must be what its contract says */
  constructor(results: ResultsDir, files: readonly string[], byContract: boolean) {
    this.#results = results;
    this.#files = files;
    this.#byContract = byContract;
  }

  /** A phrase each (`data/a.json missing`): outputs must exist, hold something and be readable as what their name says. */
  problems(): string[] {
    return this.#files.flatMap((file) => {
      const problem = this.#look(file);
      return problem === undefined ? [] : [`${file} ${problem}`];
    });
  }

  #look(file: string): string | undefined {
    const results = this.#results;
    if (!results.exists(file)) return 'missing';
    const stamp = stampOf(results.resolve(file));
    const known = this.#known.get(file);
    if (known?.stamp === stamp) return known.problem;
    const problem = this.#byContract && isOfContract(file) ? brokenContract(results, file) : problemOf(results, file);
    this.#known.set(file, { stamp, problem });
    return problem;
  }
}

function brokenContract(results: ResultsDir, file: string): string | undefined {
  const broken = contractProblem(results.root, file);
  return broken === undefined ? undefined : `not valid (${broken})`;
}

function problemOf(results: ResultsDir, file: string): string | undefined {
  if (statSync(results.resolve(file)).size === 0) return 'empty';
  try {
    if (file.endsWith('.json')) results.readJson(file);
    if (file.endsWith('.csv')) parse(results.readText(file), { columns: true });
  } catch (error) {
    return `not valid (${messageOf(error)})`;
  }
  return undefined;
}
