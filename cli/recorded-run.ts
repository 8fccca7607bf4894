import { isDeepStrictEqual } from 'node:util';
import { type ChosenDriver, chooseDriver } from '../agent/choose-driver.ts';
import { liveSource, type OpenSource } from '../agent/opened-source.ts';
import { lastPart } from '../agent/record/parts.ts';
import { ofType, type RunRecord } from '../agent/record/read.ts';
import { IN_RECORD, recordedRunbook } from '../agent/record/runbook.ts';
import type { RunOptions } from '../agent/run-options.ts';
import { isRunbook, loadRunbook } from '../agent/runbook/load.ts';
import type { Runbook } from '../agent/runbook/manifest.ts';
import { openSource } from '../sources/open-source.ts';
import { loadEnv } from './env.ts';
import { performLive, type ViewFlags } from './live-run.ts';
import { type BudgetFlags, parseBudget, parseTime } from './options.ts';

/** What resume and fork may change of a recorded run. */
export interface GoOnFlags extends BudgetFlags {
  source?: string[];
  asOf?: string;
  agent?: string;
  model?: string;
  provider?: string;
}

type Env = NodeJS.ProcessEnv;

/** The source that the run was asked for, or another one. */
function sourceOf(
  { started }: RunRecord,
  flags: GoOnFlags,
  env: Env,
): { open: OpenSource; asked: RunRecord['started']['source'] } {
  const specs = flags.source ?? started.source.specs;
  const asOf = flags.asOf === undefined ? dateOf(started.source.as_of) : parseTime(flags.asOf);
  return {
    open: liveSource(() => openSource(specs, { env, ...(asOf ? { asOf } : {}) })),
    asked: { specs, as_of: asOf?.toISOString() ?? null },
  };
}

function dateOf(iso: string | null): Date | undefined {
  return iso === null ? undefined : new Date(iso);
}

/** The agent of the run with its model and budget, as far as the flags do not say otherwise. */
function driverOf(record: RunRecord, flags: GoOnFlags, runbook: Runbook, env: Env): Promise<ChosenDriver> {
  const last = ofType(record.events, 'run_started', 'run_resumed').at(-1) ?? record.started;
  const agent = flags.agent ?? last.driver;
  const same = agent === last.driver;
  const limits = { ...last.budget, ...parseBudget(flags) };
  const model = flags.model ?? (same ? (last.model ?? undefined) : undefined);
  return chooseDriver({ agent, model, provider: flags.provider, limits }, runbook, env);
}

type GoOn = Pick<
  RunOptions,
  'params' | 'resultsDir' | 'earlier' | 'overwrite' | 'id' | 'prepare' | 'runbook' | 'runbookPlace'
>;

/** Performs what is left of a recorded run, live. @returns the exit code */
export async function goOn(record: RunRecord, options: GoOn, flags: GoOnFlags & ViewFlags): Promise<number> {
  const env = loadEnv();
  const { driver, judge, note } = await driverOf(record, flags, options.runbook, env);
  const { rounds } = record.started;
  const source = sourceOf(record, flags, env);
  const other = otherSource(record.started.source.specs, source.asked.specs, options.earlier?.steps ?? 0);
  if (other !== undefined) process.stderr.write(`note: ${other}\n`);
  const notes = [note, ...(other === undefined ? [] : [other])].join('; ');
  return performLive(
    { ...options, ...source, parameters: {}, driver, ...(judge ? { judge } : {}), rounds, note: notes, env },
    flags,
  );
}

/** Files may have moved, and are then the same; nobody but the user knows. */
function otherSource(before: readonly string[], now: readonly string[], steps: number): string | undefined {
  if (steps === 0 || isDeepStrictEqual(before, now)) return undefined;
  const [first, second] = [before.join(' '), now.join(' ')];
  return `steps 1 to ${steps} have read ${first}; what follows reads ${second}, in the same window`;
}

/**
 * The runbook as it stands now where the run took it from; where there is none any more, as it was recorded, in the folder that is given.
 * @returns also where the log is to say that it lies
 */
export function currentRunbook(record: RunRecord, folder: string): { runbook: Runbook; runbookPlace: string | null } {
  const { dir } = lastPart(record).runbook;
  const runbook = dir === null ? loadRunbook() : isFolder(dir) ? loadRunbook(dir) : recordedRunbook(record, folder);
  return { runbook, runbookPlace: dir };
}

function isFolder(dir: string): boolean {
  return dir !== IN_RECORD && isRunbook(dir);
}
