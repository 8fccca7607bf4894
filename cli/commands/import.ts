import { readdirSync, statSync } from 'node:fs';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { RunbookError } from '../../lib/errors.ts';
import { importRunbook, readRunbookFile } from '../given-runbook.ts';
import { printable } from '../printable.ts';
import type { Register } from '../register.ts';

export const importFile: Register = (command, exit) => {
  command.action(async (file: string, flags: { out?: string }) => {
    const out = flags.out ?? (await readRunbookFile(file)).name;
    assertFree(out);
    const notes = await importRunbook(file, out);
    for (const note of notes) process.stderr.write(`note: ${printable(note)}\n`);
    loadRunbook(out);
    process.stdout.write(`${printable(out)}\n`);
    exit(0);
  });
};

/** @throws RunbookError `usage` where something is there already */
function assertFree(folder: string): void {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (!stat || (stat.isDirectory() && readdirSync(folder).length === 0)) return;
  throw new RunbookError('usage', `${folder} is there already.`, {
    at: '--out',
    hint: 'Give another folder with --out, or remove that one.',
  });
}
