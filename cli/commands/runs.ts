import { statSync } from 'node:fs';
import path from 'node:path';
import { listRuns } from '../../agent/record/summary.ts';
import { RunbookError } from '../../lib/errors.ts';
import { paletteFor } from '../colors.ts';
import { printableValue } from '../printable.ts';
import type { Register } from '../register.ts';
import { runsText } from '../view/runs.ts';

export const runs: Register = (command) => {
  command.action((given: string | undefined, { json }: { json?: boolean }) => {
    const folder = path.resolve(given ?? '.');
    assertFolder(folder);
    const list = listRuns(folder);
    const { stdout } = process;
    // Nothing is cut in a pipe.
    const look = { width: stdout.columns ?? Number.POSITIVE_INFINITY, colors: paletteFor(stdout), from: process.cwd() };
    stdout.write(json ? `${JSON.stringify(list, null, 2)}\n` : runsText(printableValue(list), look));
  });
};

function assertFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new RunbookError('usage', `There is no folder ${folder}.`, {
    at: folder,
    hint: 'Give a folder that holds results dirs; without one, the current folder is looked through.',
  });
}
