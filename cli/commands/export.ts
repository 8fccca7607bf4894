import { archiveName } from '../../agent/archive/name.ts';
import { packRun } from '../../agent/archive/pack.ts';
import { writeFileAtomic } from '../../lib/files.ts';
import { loadEnv } from '../env.ts';
import { withRun } from '../given-run.ts';
import { printable } from '../printable.ts';
import type { Register } from '../register.ts';
import { withFolder } from '../with-folder.ts';

export const exportRun: Register = (command, exit) => {
  command.action(async (run: string, { out }: { out?: string }) => {
    await withRun(run, async (record) => {
      const file = out ?? archiveName(record);
      await writeFileAtomic(file, await withFolder((folder) => packRun(record, folder, loadEnv())));
      process.stdout.write(`${printable(file)}\n`);
    });
    exit(0);
  });
};
