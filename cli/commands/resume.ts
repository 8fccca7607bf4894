import { findRun } from '../../agent/record/find.ts';
import { readRecord } from '../../agent/record/read.ts';
import { prepareResume, resumeOptions } from '../../agent/resume.ts';
import { loadEnv } from '../env.ts';
import { performLive, type ViewFlags } from '../live-run.ts';
import { currentRunbook, driverOf, type GoOnFlags, sourceOf } from '../recorded-run.ts';
import type { Register } from '../register.ts';
import { withFolder } from '../with-folder.ts';

interface ResumeFlags extends GoOnFlags, ViewFlags {
  acceptChanges?: boolean;
}

export const resume: Register = (command, exit) => {
  command.action(async (run: string, flags: ResumeFlags) =>
    exit(await withFolder((folder) => perform(run, flags, folder))),
  );
};

async function perform(run: string, flags: ResumeFlags, folder: string): Promise<number> {
  const env = loadEnv();
  const record = readRecord(findRun(run));
  const runbook = currentRunbook(record, folder);
  const options = resumeOptions(record, { runbook, acceptChanges: flags.acceptChanges ?? false });
  const { driver, judge, note } = await driverOf(record, flags, runbook, env);
  return performLive(
    {
      ...options,
      ...sourceOf(record, flags, env),
      runbook,
      parameters: {},
      driver,
      ...(judge ? { judge } : {}),
      rounds: record.started.rounds,
      note,
      env,
      prepare: () => prepareResume(record),
    },
    flags,
  );
}
