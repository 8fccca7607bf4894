import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { forkRun } from '../../agent/fork.ts';
import { lastPart, stepsOf } from '../../agent/record/parts.ts';
import type { RunRecord } from '../../agent/record/read.ts';
import { IN_RECORD, recordedRunbook } from '../../agent/record/runbook.ts';
import type { RunOptions } from '../../agent/run-options.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
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
  const step = parseInteger('--step', flags.step, { min: 1, max: stepsOf(record).length });
  const given = runbookOf(record, flags, { step, folder });
  const wanted = { step, parameters: parsePairs(flags.param), resultsDir: flags.resultsDir };
  const { options, warnings, prepare } = forkRun(record, { ...wanted, runbook: given.runbook });
  for (const warning of warnings) process.stderr.write(`note: ${warning}\n`);
  return goOn(record, { ...options, ...given, prepare }, flags);
}

/** As it was recorded, or the one that is given; with another text of the step where one is given. */
function runbookOf(
  record: RunRecord,
  flags: ForkFlags,
  { step, folder }: { step: number; folder: string },
): Pick<RunOptions, 'runbook' | 'runbookPlace'> {
  if (flags.runbook !== undefined && flags.stepFile !== undefined)
    throw new RunbookError('usage', '--runbook and --step-file: give one of them.', { at: '--step-file' });
  if (flags.runbook !== undefined) return { runbook: loadRunbook(flags.runbook) };
  const runbook = recordedRunbook(record, folder);
  if (flags.stepFile === undefined) return { runbook, runbookPlace: lastPart(record).runbook.dir };
  const file = runbook.manifest.steps[step - 1];
  if (file !== undefined) writeFileSync(path.join(folder, file), readText(flags.stepFile));
  return { runbook: loadRunbook(folder), runbookPlace: IN_RECORD };
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
