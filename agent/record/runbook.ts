import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadRunbook } from '../runbook/load.ts';
import type { Runbook } from '../runbook/manifest.ts';
import { inside } from './inside.ts';
import type { RunRecord } from './read.ts';

/** The runbook as it was run, written into a folder. @throws RunbookError `log` for a damaged record */
export function recordedRunbook({ started, payloads }: RunRecord, folder: string): Runbook {
  for (const { path: file, sha256 } of started.runbook.files) {
    const full = inside(folder, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, payloads.get(sha256));
  }
  return loadRunbook(folder);
}
