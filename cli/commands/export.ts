import { existsSync } from 'node:fs';
import { archiveName } from '../../agent/archive/name.ts';
import { packRun } from '../../agent/archive/pack.ts';
import { isRunbook } from '../../agent/runbook/load.ts';
import { RunbookError } from '../../lib/errors.ts';
import { writeFileAtomic } from '../../lib/files.ts';
import { loadEnv } from '../env.ts';
import { withRun } from '../given-run.ts';
import { isRunbookFile, withRunbook } from '../given-runbook.ts';
import { instructionOf } from '../instruction.ts';
import { printable } from '../printable.ts';
import type { Register } from '../register.ts';
import { withFolder } from '../with-folder.ts';

interface ExportFlags {
  out?: string;
  package?: string;
}

export const exportAny: Register = (command, exit) => {
  command.action(async (given: string | undefined, flags: ExportFlags) => {
    const file = isGivenRunbook(given) ? await exportRunbook(given, flags) : await exportRun(given, flags);
    process.stdout.write(`${printable(file)}\n`);
    exit(0);
  });
};

/** What is neither a runbook's folder nor its file is a run. */
function isGivenRunbook(given: string | undefined): given is string | undefined {
  return given === undefined || isRunbook(given) || isRunbookFile(given);
}

async function exportRunbook(given: string | undefined, flags: ExportFlags): Promise<string> {
  const file = flags.out ?? 'RUNBOOK.md';
  if (flags.out === undefined && existsSync(file))
    throw new RunbookError('usage', `${file} is there already.`, {
      at: file,
      hint: `Give --out ${file} to write it anew, or another name.`,
    });
  await writeFileAtomic(file, await withRunbook(given, (runbook) => instructionOf(runbook, flags, loadEnv())));
  return file;
}

async function exportRun(given: string, flags: ExportFlags): Promise<string> {
  if (flags.package !== undefined)
    throw new RunbookError('usage', '--package goes with a runbook, not with a run.', { at: '--package' });
  return withRun(given, async (record) => {
    const file = flags.out ?? archiveName(record);
    await writeFileAtomic(file, await withFolder((folder) => packRun(record, folder, loadEnv())));
    return file;
  });
}
