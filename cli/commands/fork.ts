import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { forkRun } from '../../agent/fork.ts';
import type { RunRecord } from '../../agent/record/read.ts';
import { recordedRunbook } from '../../agent/record/runbook.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import type { Runbook } from '../../agent/runbook/manifest.ts';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import { withRun } from '../given-run.ts';
import type { ViewFlags } from '../live-run.ts';
import { parseInteger, parsePairs } from '../options.ts';
import { type GoOnFlags, goOn } from '../recorded-run.ts';
import type { Register } from '../register.ts';
import { withFolder } from '../with-folder.ts';

interface ForkFlags extends GoOnFlags, ViewFlags {
  step: string;
  resultsDir: string;
  param?: string[];
  runbook?: string;
  stepFile?: string;
}

export const fork: Register = (command, exit) => {
  command.action(async (run: string, flags: ForkFlags) =>
    exit(await withRun(run, (record) => withFolder((folder) => perform(record, flags, folder)))),
  );
};

function perform(record: RunRecord, flags: ForkFlags, folder: string): Promise<number> {
  const step = parseInteger('--step', flags.step, { min: 1, max: record.started.steps.length });
  const runbook = runbookOf(record, flags, { step, folder });
  const parameters = parsePairs(flags.param);
  const { options, warnings, prepare } = forkRun(record, { step, parameters, runbook, resultsDir: flags.resultsDir });
  for (const warning of warnings) process.stderr.write(`note: ${warning}\n`);
  return goOn(record, { ...options, runbook, prepare }, flags);
}

/** As it was recorded, or the one that is given; with another text of the step where one is given. */
function runbookOf(record: RunRecord, flags: ForkFlags, { step, folder }: { step: number; folder: string }): Runbook {
  if (flags.runbook !== undefined && flags.stepFile !== undefined)
    throw new RunbookError('usage', '--runbook and --step-file: give one of them.', { at: '--step-file' });
  if (flags.runbook !== undefined) return loadRunbook(flags.runbook);
  const runbook = recordedRunbook(record, folder);
  if (flags.stepFile === undefined) return runbook;
  const file = runbook.manifest.steps[step - 1];
  if (file !== undefined) writeFileSync(path.join(folder, file), readText(flags.stepFile));
  return loadRunbook(folder);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new RunbookError('usage', `--step-file ${file} cannot be read: ${messageOf(cause)}`, {
      at: '--step-file',
      cause,
    });
  }
}
