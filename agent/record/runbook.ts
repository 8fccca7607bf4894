import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { KeptRunbook } from '../events.ts';
import { loadRunbook } from '../runbook/load.ts';
import type { Runbook } from '../runbook/manifest.ts';
import { inside } from './inside.ts';
import { lastPart, partOf, partsOf } from './parts.ts';
import type { RunRecord } from './read.ts';

/** Where the log says that a runbook lies which is in the record alone. */
export const IN_RECORD = 'record';

/** The runbook as the run ended with it, written into a folder. @throws RunbookError `log` for a damaged record */
export function recordedRunbook(record: RunRecord, folder: string): Runbook {
  return unpacked(record, lastPart(record).runbook, folder);
}

/** The same with each step as it was when it was performed. */
export function performedRunbook(record: RunRecord, folder: string): Runbook {
  const parts = partsOf(record);
  const loaded = new Map<string, Runbook>();
  for (const { runbook } of parts)
    if (!loaded.has(runbook.digest))
      loaded.set(runbook.digest, unpacked(record, runbook, path.join(folder, String(loaded.size))));
  const last = loaded.get(lastPart(record).runbook.digest) as Runbook;
  const steps = last.steps.map((step, index) => {
    const then = loaded.get(partOf(parts, step.number)?.runbook.digest ?? '');
    return then?.steps[index] ?? step;
  });
  return { ...last, steps };
}

function unpacked({ payloads }: RunRecord, { files }: KeptRunbook, folder: string): Runbook {
  for (const { path: file, sha256 } of files) {
    const full = inside(folder, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, payloads.get(sha256));
  }
  return loadRunbook(folder);
}
