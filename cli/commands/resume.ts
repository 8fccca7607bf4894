import { isArchive } from '../../agent/archive/name.ts';
import { findRun } from '../../agent/record/find.ts';
import { readRecord } from '../../agent/record/read.ts';
import { prepareResume, resumeOptions } from '../../agent/resume.ts';
import { RunbookError } from '../../lib/errors.ts';
import type { ViewFlags } from '../live-run.ts';
import { currentRunbook, type GoOnFlags, goOn } from '../recorded-run.ts';
import type { Register } from '../register.ts';
import { withFolder } from '../with-folder.ts';

interface ResumeFlags extends GoOnFlags, ViewFlags {
  acceptChanges?: boolean;
}

export const resume: Register = (command, exit) => {
  command.action(async (run: string, flags: ResumeFlags) =>
    exit(await withFolder(async (folder) => perform(run, flags, folder))),
  );
};

function perform(run: string, flags: ResumeFlags, folder: string): Promise<number> {
  if (isArchive(run))
    throw new RunbookError('usage', `${run} is an archive, which a run cannot go on in.`, {
      at: run,
      hint: 'Unpack it into a folder (tar -xzf FILE -C FOLDER) and resume that, or use `runbook fork FILE`.',
    });
  const record = readRecord(findRun(run));
  const current = currentRunbook(record, folder);
  const options = resumeOptions(record, { ...current, acceptChanges: flags.acceptChanges ?? false });
  return goOn(record, { ...options, ...current, prepare: () => prepareResume(record) }, flags);
}
