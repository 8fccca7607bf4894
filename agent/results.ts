import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ResultsDir } from '../tools/results-dir.ts';
import type { EventBody } from './events.ts';
import type { Manifest } from './runbook/manifest.ts';

/** What a run leaves beside the files of its manifest. */
const OWN = ['events.jsonl', 'grade.json', 'data', 'figures'];

/** Removes what an earlier run left; files that no run writes are never touched. */
export function clearEarlierRun(results: ResultsDir, manifest: Manifest): void {
  const names = [...manifest.outputs.map((output) => output.path), ...OWN].filter((name) => !name.includes('/'));
  for (const name of names) rmSync(path.join(results.root, name), { recursive: true, force: true });
}

/** Tells which files of the results dir are new or changed since it was last asked. */
export class ArtifactWatch {
  readonly #root: string;
  readonly #seen = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  changes(): EventBody[] {
    const events: EventBody[] = [];
    for (const file of listFiles(this.#root)) {
      if (file === 'events.jsonl') continue;
      const full = path.join(this.#root, file);
      const { mtimeMs, size } = statSync(full);
      const stamp = `${mtimeMs} ${size}`;
      if (this.#seen.get(file) === stamp) continue;
      this.#seen.set(file, stamp);
      events.push({
        type: 'artifact_written',
        path: file,
        bytes: size,
        sha256: createHash('sha256').update(readFileSync(full)).digest('hex'),
      });
    }
    return events;
  }
}

function listFiles(root: string): string[] {
  return ['.', 'data', 'figures'].flatMap((folder) => {
    const full = path.join(root, folder);
    if (!existsSync(full)) return [];
    return readdirSync(full, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => path.join(folder, entry.name))
      .sort();
  });
}

/** Declared outputs that a step did not leave, or left empty. */
export function missingOutputs(results: ResultsDir, outputs: readonly string[]): string[] {
  return outputs.filter((file) => !results.exists(file) || statSync(results.resolve(file)).size === 0);
}
