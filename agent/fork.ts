import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../lib/errors.ts';
import type { RunEvent } from './events.ts';
import { type Parameters, resolveParameters } from './parameters.ts';
import { payloadsOf } from './record/kept-payloads.ts';
import { partOf, partsOf, stepsOf } from './record/parts.ts';
import { PAYLOADS, placeOf } from './record/payloads.ts';
import { assertRecorded, filesAfter, ofType, type RunRecord } from './record/read.ts';
import { storyOf } from './record/story.ts';
import { type Cut, cutBefore, earlierOf, restoreFiles } from './record/take-over.ts';
import type { RunOptions } from './run-options.ts';
import type { Runbook } from './runbook/manifest.ts';

interface Wanted {
  /** The first step that is performed anew. */
  step: number;
  /** `name → text` of the parameters that change. */
  parameters: Readonly<Record<string, string>>;
  runbook: Runbook;
  resultsDir: string;
}

export interface Fork {
  options: Pick<RunOptions, 'params' | 'resultsDir' | 'earlier' | 'overwrite'>;
  /** What the user should know: changed parameters that steps from the record used with their old values. */
  warnings: string[];
  /** Fills the new results dir from the record. Call it last. */
  prepare(): void;
}

/**
 * A new run that takes the steps before `step` from a record.
 * @throws RunbookError `usage` for a step that the run did not reach, a parameter that is none, a results dir that is not empty
 */
export function forkRun(record: RunRecord, wanted: Wanted): Fork {
  assertRecorded(record);
  const { started } = record;
  const { step, runbook, resultsDir } = wanted;
  const cut = step > runbook.steps.length ? undefined : cutBefore(record, step);
  if (!cut || step < 1) throw notReached(record, wanted);
  const params = paramsOf(record, wanted);
  const events = step === 1 ? [] : adoptable(record, cut);
  assertFree(resultsDir, record.dir);
  return {
    options: {
      params,
      resultsDir,
      overwrite: false,
      earlier: {
        ...earlierOf(record, cut, events),
        as: { kind: 'forked', parent: started.run, parts: partsOf(record), events },
        // What the parent paid is its own.
        generations: [],
        rounds: { rounds: [], mended: 0 },
      },
    },
    warnings: usedBefore(record, wanted, params),
    prepare() {
      copyPayloads(record, { cut, events }, resultsDir);
      restoreFiles(record, cut, path.resolve(resultsDir));
    },
  };
}

function notReached(record: RunRecord, { step, runbook }: Wanted): RunbookError {
  const finished = ofType(record.events, 'step_finished').map(({ number }) => number);
  const last = Math.min(Math.max(0, ...finished) + 1, stepsOf(record).length, runbook.steps.length);
  return new RunbookError('usage', `--step ${step}: the run cannot be forked there.`, {
    at: '--step',
    hint: `Give a step from 1 to ${last}: the steps before it must be finished.`,
  });
}

function assertFree(dir: string, parent: string): void {
  const what = whyNotFree(path.resolve(dir), parent);
  if (what === undefined) return;
  throw new RunbookError('usage', `The results dir ${dir} ${what}.`, {
    at: '--results-dir',
    hint: 'Choose another folder with --results-dir: a fork is a run of its own.',
  });
}

function whyNotFree(dir: string, parent: string): string | undefined {
  if (dir.startsWith(`${parent}${path.sep}`)) return 'lies in the one of the run';
  if (!existsSync(dir)) return undefined;
  if (!statSync(dir).isDirectory()) return 'is a file';
  return readdirSync(dir).length > 0 ? 'is not empty' : undefined;
}

/** What the taken events name, looked at before anything is written. @throws RunbookError `log` for a damaged record */
function copyPayloads(record: RunRecord, { cut, events }: { cut: Cut; events: RunEvent[] }, resultsDir: string): void {
  const parts = partsOf(record).flatMap(({ runbook }) => runbook.files.map(({ sha256 }) => sha256));
  const taken = [...payloadsOf({ ...record, events }), ...filesAfter(cut.events).values(), ...parts];
  const places = [...new Set(taken)].map((sha256) => {
    record.payloads.get(sha256);
    return path.join(PAYLOADS, placeOf(sha256));
  });
  for (const place of places) {
    const file = path.join(path.resolve(resultsDir), place);
    mkdirSync(path.dirname(file), { recursive: true });
    copyFileSync(path.join(record.dir, place), file);
  }
}

function paramsOf({ started }: RunRecord, { runbook, parameters, step }: Wanted): Parameters {
  const known = Object.keys(runbook.manifest.parameters);
  const before = Object.entries(started.params).filter(([name]) => known.includes(name));
  const params = resolveParameters(runbook.manifest, {
    ...Object.fromEntries(before.map(([name, value]) => [name, String(value)])),
    ...parameters,
  });
  if (step > 1 && 'window_days' in params && params.window_days !== started.params.window_days)
    throw new RunbookError('usage', '-p window_days: the window of a run is pinned when its source is opened.', {
      at: 'window_days',
      hint: 'Fork at --step 1 for another window.',
    });
  return params;
}

/** Events of the finished steps and of the source; what was begun in vain is left out. */
function adoptable(record: RunRecord, { events, steps }: Cut): RunEvent[] {
  const parts = storyOf(record).filter(({ number, end }) => number <= steps && end?.type === 'step_finished');
  const opened = ofType(events, 'source_opened').at(-1);
  return events.filter(
    (event) => event === opened || parts.some(({ seq }) => event.seq >= seq.from && event.seq <= seq.to),
  );
}

function usedBefore(record: RunRecord, { runbook, step }: Wanted, params: Parameters): string[] {
  const parts = partsOf(record);
  return Object.keys(params).flatMap((name) => {
    const valueAt = (number: number) => partOf(parts, number)?.params[name];
    const users = runbook.steps.filter(
      ({ number, body }) => number < step && body.includes(`params.${name}`) && valueAt(number) !== params[name],
    );
    const [first] = users;
    if (!first) return [];
    const list = users.map(({ number }) => number).join(', ');
    return [
      `${name} is used by step ${list}, which is taken from the record with ${name}=${String(valueAt(first.number))}`,
    ];
  });
}
