import { RunbookError } from '../lib/errors.ts';
import type { Parameters } from './parameters.ts';
import { assertRecorded, ofType, type RunRecord } from './record/read.ts';
import {
  cutAtEnd,
  earlierOf,
  removeHalfWritten,
  repairLog,
  restoredFiles,
  restoreFiles,
  roundsOf,
} from './record/take-over.ts';
import type { RunOptions } from './run-options.ts';
import type { Runbook } from './runbook/manifest.ts';

/**
 * What a run goes on with, behind its last finished step.
 * @throws RunbookError `usage` where it is over, or its runbook is another now and that is not accepted
 */
export function resumeOptions(
  record: RunRecord,
  { runbook, acceptChanges }: { runbook: Runbook; acceptChanges: boolean },
): Pick<RunOptions, 'id' | 'params' | 'resultsDir' | 'earlier' | 'overwrite'> {
  const { started, events, dir, bytes } = record;
  assertRecorded(record);
  assertUnfinished(record);
  if (runbook.digest !== started.runbook.digest && !acceptChanges) throw changed(record, runbook);
  const cut = cutAtEnd(record);
  const mend = runbook.mend;
  return {
    id: started.run,
    params: started.params as Parameters,
    resultsDir: dir,
    overwrite: false,
    earlier: {
      ...earlierOf(record, cut, events),
      as: { kind: 'resumed', torn_bytes: bytes.torn, events: events.length, restored: restoredFiles(record, cut) },
      rounds: roundsOf(record, mend?.outputs ?? [], mend?.number),
    },
  };
}

/** Makes log and files what they were behind the last finished step. Call it last: it changes the results dir. */
export function prepareResume(record: RunRecord): void {
  restoreFiles(record, cutAtEnd(record), record.dir);
  repairLog(record);
  removeHalfWritten(record.dir);
}

/** Ended with a grade: there is nothing left to do. */
function assertUnfinished({ events, dir }: RunRecord): void {
  const end = ofType(events, 'run_finished', 'run_resumed').at(-1);
  if (end?.type !== 'run_finished' || end.exit > 1) return;
  throw new RunbookError(
    'usage',
    `The run in ${dir} is finished${end.exit === 0 ? ' and passed' : '; it did not pass'}.`,
    {
      at: dir,
      hint: 'runbook replay goes through it step by step, runbook fork --step N performs it again from a step on.',
    },
  );
}

function changed({ started }: RunRecord, runbook: Runbook): RunbookError {
  const { name, version } = started.runbook;
  const now =
    runbook.manifest.version === version ? 'its text is another' : `it is version ${runbook.manifest.version} now`;
  return new RunbookError('usage', `The runbook ${name} ${version} was changed since the run began: ${now}.`, {
    at: runbook.dir,
    hint: 'Add --accept-changes to go on with the new text, or fork the run with --step N.',
  });
}
