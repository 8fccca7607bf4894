import { statSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { messageOf } from '../lib/errors.ts';
import { contractProblem } from '../rubric/artifacts.ts';
import type { ResultsDir } from '../tools/results-dir.ts';

/**
 * What is wrong with a step's declared outputs, a phrase each (`data/a.json missing`): they must exist, hold something and be readable as
 * what their name says.
 * @param byContract whether the runbook's data files are those of the trace optimizer, which must be what its contract says
 */
export function outputProblems(results: ResultsDir, outputs: readonly string[], byContract: boolean): string[] {
  return outputs.flatMap((file) => {
    const problem = problemOf(results, file) ?? (byContract ? brokenContract(results, file) : undefined);
    return problem === undefined ? [] : [`${file} ${problem}`];
  });
}

function brokenContract(results: ResultsDir, file: string): string | undefined {
  const broken = contractProblem(results.root, file);
  return broken === undefined ? undefined : `not valid (${broken})`;
}

function problemOf(results: ResultsDir, file: string): string | undefined {
  if (!results.exists(file)) return 'missing';
  if (statSync(results.resolve(file)).size === 0) return 'empty';
  try {
    if (file.endsWith('.json')) results.readJson(file);
    if (file.endsWith('.csv')) parse(results.readText(file), { columns: true });
  } catch (error) {
    return `not valid (${messageOf(error)})`;
  }
  return undefined;
}
