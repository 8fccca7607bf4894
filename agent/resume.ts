import { RunbookError } from '../lib/errors.ts';
import type { KeptRunbook } from './events.ts';
import type { Parameters } from './parameters.ts';
import { lastPart } from './record/parts.ts';
import { assertRecorded, ofType, type RunRecord, readRecord } from './record/read.ts';
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
  const { runbook: recorded } = lastPart(record);
  if (runbook.digest !== recorded.digest && !acceptChanges) throw changed(recorded, runbook);
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

/**
 * Makes log and files what they were behind the last finished step. Call it last, with the results dir locked: it changes it.
 * @throws RunbookError `usage` where the run went on since its record was read
 */
export function prepareResume(record: RunRecord): void {
  if (!isAsRead(record))
    throw new RunbookError('usage', `Another process has gone on with the run in ${record.dir}.`, {
      at: record.dir,
      hint: 'Look at it with runbook show, and resume it again where it is not finished.',
    });
  restoreFiles(record, cutAtEnd(record), record.dir);
  repairLog(record);
  removeHalfWritten(record.dir);
}

function isAsRead({ dir, bytes, events }: RunRecord): boolean {
  const now = readRecord(dir);
  const isSameEnd = now.bytes.whole === bytes.whole && now.bytes.torn === bytes.torn;
  return isSameEnd && now.events.at(-1)?.time === events.at(-1)?.time;
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

function changed({ name, version }: KeptRunbook, runbook: Runbook): RunbookError {
  const now =
    runbook.manifest.version === version ? 'its text is another' : `it is version ${runbook.manifest.version} now`;
  return new RunbookError('usage', `The runbook ${name} ${version} was changed since the run began: ${now}.`, {
    at: runbook.dir,
    hint: 'Add --accept-changes to go on with the new text, or fork the run with --step N.',
  });
}
