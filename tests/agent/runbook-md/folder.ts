import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gradingOf } from '../../../agent/rounds.ts';
import { loadRunbook } from '../../../agent/runbook/load.ts';
import type { Runbook } from '../../../agent/runbook/manifest.ts';
import { printRunbook } from '../../../agent/runbook-md/print.ts';
import { readRunbook } from '../../../agent/runbook-md/read.ts';
import { temporaryFolder } from '../toy.ts';

export const PACKAGE = 'posthog-trace-optimizer@0.1.0';

/** A runbook's RUNBOOK.md. */
export async function printed(runbook: Runbook = loadRunbook()): Promise<string> {
  const { rubric } = await gradingOf(runbook);
  return printRunbook(runbook, { package: PACKAGE, rubric });
}

/** The runbook that a RUNBOOK.md is read as. */
export async function read(text: string, file = 'RUNBOOK.md'): Promise<{ runbook: Runbook; notes: string[] }> {
  const { files, notes } = await readRunbook(text, file);
  return { runbook: loadRunbook(written(Object.fromEntries(files))), notes };
}

/** A folder with these files. */
export function written(files: Readonly<Record<string, string>>): string {
  const dir = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(dir, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return dir;
}
