import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { loadRunbook } from '../agent/runbook/load.ts';
import type { Runbook } from '../agent/runbook/manifest.ts';
import { messageOf, RunbookError } from '../lib/errors.ts';
import { writeFileAtomic } from '../lib/files.ts';
import { withFolder } from './with-folder.ts';

/** Whether what is given for a runbook is a RUNBOOK.md. */
export function isRunbookFile(given: string): boolean {
  return /\.(?:md|markdown)$/iu.test(given) && (statSync(given, { throwIfNoEntry: false })?.isFile() ?? false);
}

/**
 * Work on the runbook that a command is given: a folder, a RUNBOOK.md (through a folder that goes away with the work), or none for the
 * one that ships with the project.
 * @throws RunbookError `usage` where there is none, `runbook_invalid` for a broken one
 */
export async function withRunbook<T>(
  given: string | undefined,
  work: (runbook: Runbook) => Promise<T> | T,
): Promise<T> {
  if (given === undefined || !isRunbookFile(given)) return work(loadRunbook(given));
  return withFolder(async (folder) => {
    await importRunbook(given, folder);
    return work(loadRunbook(folder));
  });
}

/**
 * Writes a RUNBOOK.md as a runbook's folder.
 * @returns what could not be taken over, for people
 * @throws RunbookError `usage` where the file cannot be read, `runbook_invalid` naming file, line and field
 */
export async function importRunbook(file: string, folder: string): Promise<string[]> {
  const { files, notes } = await readRunbookFile(file);
  for (const [name, content] of files) await writeFileAtomic(path.join(folder, name), content);
  return notes;
}

/** @throws RunbookError as `importRunbook` */
export async function readRunbookFile(file: string) {
  const { readRunbook } = await import('../agent/runbook-md/read.ts');
  return readRunbook(readText(file), path.basename(file));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new RunbookError('usage', `${file} cannot be read: ${messageOf(cause)}`, {
      at: file,
      hint: 'Give a RUNBOOK.md.',
      cause,
    });
  }
}
