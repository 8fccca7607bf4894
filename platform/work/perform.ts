import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chooseDriver } from '../../agent/choose-driver.ts';
import { liveSource } from '../../agent/opened-source.ts';
import { ofType, type RunRecord, readRecord } from '../../agent/record/read.ts';
import { IN_RECORD } from '../../agent/record/runbook.ts';
import { EVENTS } from '../../agent/results.ts';
import { prepareResume, resumeOptions } from '../../agent/resume.ts';
import { runRunbook } from '../../agent/run.ts';
import type { RunOptions } from '../../agent/run-options.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import type { Runbook } from '../../agent/runbook/manifest.ts';
import { type ErrorCode, messageOf, RunbookError } from '../../lib/errors.ts';
import { writeFileAtomic } from '../../lib/files.ts';
import { withinTime } from '../../lib/within-time.ts';
import { openSource } from '../../sources/open-source.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { assertContained } from './contained.ts';
import { forkOptions } from './fork.ts';
import { type Plan, planOf } from './plan.ts';
import type { Progress } from './progress.ts';

/** How a run came out. `interrupted`: this process stops, and another one goes on. */
export type Performed =
  | { kind: 'ended'; state: 'completed' | 'failed'; exitCode: number; error: string | null }
  | { kind: 'interrupted' };

export interface Performing {
  run: PlatformRun;
  /** Its results dir, which is made. */
  dir: string;
  /** What its runbook's secrets and its drivers read. */
  env(): Promise<Readonly<Record<string, string | undefined>>>;
  /** What the server itself was started with. */
  server: Readonly<Record<string, string | undefined>>;
  /** What earlier runs of the task recommended, and what became of it. */
  history(): Promise<string>;
  /** The results dir of the run that it is forked from; undefined where that is gone. */
  parent(): Promise<string | undefined>;
  /** Where the files of its source lie. */
  places(specs: readonly string[]): Promise<string[]>;
  signal: AbortSignal;
  progress: Progress;
}

/**
 * Performs a run, or goes on with one that another process left. It completes only where what it left passed the grader; whatever keeps it
 * from that is its error, in words.
 */
export async function performRun(performing: Performing): Promise<Performed> {
  try {
    const plan = planOf(performing.run);
    const record = recordIn(performing.dir);
    const exit = record && exitOf(record);
    return ended(exit ?? (await perform(performing, plan, record)), performing);
  } catch (error) {
    if (performing.signal.aborted) return { kind: 'interrupted' };
    return { kind: 'ended', state: 'failed', exitCode: exitFor(error), error: textOf(error) };
  }
}

async function perform(performing: Performing, plan: Plan, record?: RunRecord): Promise<number> {
  return withRunbook(plan, (runbook, place) => performWith(runbook, place, { performing, plan, record }));
}

async function performWith(
  runbook: Runbook,
  place: Pick<RunOptions, 'runbookPlace'>,
  { performing, plan, record }: { performing: Performing; plan: Plan; record: RunRecord | undefined },
): Promise<number> {
  const { run, dir, signal, progress, server, ...more } = performing;
  const env = await more.env();
  assertContained(runbook.manifest, plan.driver, { env, server });
  const { driver, judge, note } = await chooseDriver(plan.driver, runbook, env);
  const source = await more.places(plan.source);
  const begun = record ? goOn(record, runbook) : await begin({ run, dir, ...more }, plan, runbook);
  const asked = { specs: plan.source, as_of: plan.asOf?.toISOString() ?? null };
  const asOf = plan.asOf ? { asOf: plan.asOf } : {};
  mkdirSync(dir, { recursive: true });
  const outcome = await runRunbook(
    {
      runbook,
      ...place,
      open: liveSource(() => openSource(source, { env, ...asOf })),
      asked,
      resultsDir: dir,
      overwrite: true,
      parameters: plan.parameters,
      driver,
      ...(judge ? { judge } : {}),
      rounds: plan.rounds,
      note: run.attempts > 1 ? `${note}; attempt ${run.attempts}` : note,
      env,
      signal,
      ...begun,
    },
    progress.event,
  );
  return outcome.exitCode;
}

/** A run from its first step, or from the step that it is forked at. */
async function begin(
  { run, dir, history, parent }: Pick<Performing, 'run' | 'dir' | 'history' | 'parent'>,
  plan: Plan,
  runbook: Runbook,
) {
  if (run.forkStep === null) return { parameters: await withHistory(plan, run, history) };
  const { [HISTORY]: told, ...others } = plan.parameters;
  const parameters = told === undefined || told === AUTO ? others : plan.parameters;
  // What a process that was killed before it had begun left there is no part of the fork.
  rmSync(dir, { recursive: true, force: true });
  return forkOptions(await parent(), { step: run.forkStep, runbook, parameters, resultsDir: dir });
}

const HISTORY = 'analysis_history';
const AUTO = 'auto';

/** Each report of a schedule follows up on the last; others do where they are told `auto`. */
async function withHistory(
  { parameters }: Plan,
  run: PlatformRun,
  history: () => Promise<string>,
): Promise<Record<string, string>> {
  const given = parameters[HISTORY] ?? '';
  const isWanted = given === AUTO || (given === '' && run.routineId !== null);
  return isWanted ? { ...parameters, [HISTORY]: await history() } : parameters;
}

/** The runbook is the task's as it was when the run was asked for; the program may be a newer one. */
function goOn(record: RunRecord, runbook: Runbook) {
  return { ...resumeOptions(record, { runbook, acceptChanges: true }), prepare: () => prepareResume(record) };
}

const FIELD = 'init_params.instruction';
/** A RUNBOOK.md has tens of kilobytes. */
const MAX_INSTRUCTION = 400_000;
/** One that takes longer to read is made to. */
const READ_MS = 2_000;

/** Work on the runbook of a task: the text that it has, through a folder that goes away with the work, or the one that ships with the program. */
export async function withRunbook<T>(
  { instruction }: Pick<Plan, 'instruction'>,
  work: (runbook: Runbook, place: Pick<RunOptions, 'runbookPlace'>) => Promise<T>,
): Promise<T> {
  if (instruction === undefined) return work(loadRunbook(), {});
  const { readRunbook } = await import('../../agent/runbook-md/read.ts');
  if (instruction.length > MAX_INSTRUCTION)
    throw new RunbookError('usage', `${FIELD} has more than ${MAX_INSTRUCTION} characters.`, { at: FIELD });
  const { files } = await withinTime(READ_MS, FIELD, () => readRunbook(instruction, FIELD));
  const folder = mkdtempSync(path.join(tmpdir(), 'runbook-'));
  try {
    for (const [name, content] of files) await writeFileAtomic(path.join(folder, name), content);
    const runbook = withinTime(READ_MS, FIELD, () => loadRunbook(folder));
    return await work(runbook, { runbookPlace: IN_RECORD });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What an earlier process left; nothing where it was killed before it had begun. Who performs the run holds its lock in the database. */
function recordIn(dir: string): RunRecord | undefined {
  rmSync(path.join(dir, '.run.lock'), { force: true });
  if (!existsSync(path.join(dir, EVENTS))) return undefined;
  try {
    return readRecord(dir);
  } catch (error) {
    if (error instanceof RunbookError && error.code === 'usage') return undefined;
    throw error;
  }
}

/** Of a run that reached its end while the database did not hear of it. */
function exitOf({ events }: RunRecord): number | undefined {
  const end = ofType(events, 'run_finished', 'run_resumed').at(-1);
  return end?.type === 'run_finished' && end.exit !== 130 ? end.exit : undefined;
}

function ended(exitCode: number, { signal, progress }: Performing): Performed {
  if (exitCode === 130 || (signal.aborted && exitCode > 1)) return { kind: 'interrupted' };
  if (exitCode === 0) return { kind: 'ended', state: 'completed', exitCode, error: null };
  const why = exitCode === 1 ? 'The report did not pass its evaluation: see grade.json.' : progress.failure;
  return { kind: 'ended', state: 'failed', exitCode, error: why ?? `The run ended with exit code ${exitCode}.` };
}

/** Nothing was started. */
const NOT_STARTED = new Set<ErrorCode>(['usage', 'config', 'runbook_invalid', 'not_events', 'source_unavailable']);

function exitFor(error: unknown): number {
  return error instanceof RunbookError && NOT_STARTED.has(error.code) ? 2 : 5;
}

function textOf(error: unknown): string {
  const hint = error instanceof RunbookError ? error.hint : undefined;
  return hint === undefined ? messageOf(error) : `${messageOf(error)} ${hint}`;
}
