import type { Grade } from '../rubric/grade.ts';
import type { Judge } from '../rubric/judge/contract.ts';
import type { Driver } from './driver.ts';
import type { JudgeContext } from './judge.ts';
import type { OpenSource } from './opened-source.ts';
import type { RunExit } from './outcome.ts';
import type { Parameters } from './parameters.ts';
import type { Earlier } from './record/earlier.ts';
import type { Recorder } from './record/recorder.ts';
import type { Runbook } from './runbook/manifest.ts';

export interface RunOptions {
  runbook: Runbook;
  /** Where the log says that it lies, where that is not its folder: it was taken from a record. */
  runbookPlace?: string | null | undefined;
  /** Opens the source; the run does it, so that a failure there is an outcome (a gate), not an accident. */
  open: OpenSource;
  /** The source as it was asked for, so that the run can be resumed. */
  asked: { specs: string[]; as_of: string | null };
  resultsDir: string;
  /** What the texts of steps call the results dir, where that is not its path. */
  resultsDirName?: string;
  /** Replace what an earlier run left in the results dir; other files there are never touched. */
  overwrite: boolean;
  /** `name → text`, as given on the command line. */
  parameters: Readonly<Record<string, string>>;
  /** The same, ready: a run that goes on or is replayed has them from its record. */
  params?: Parameters;
  /** What a step was performed with, where that was something else. */
  paramsOf?(step: number): Parameters;
  driver: Driver;
  /** Rounds of grading and mending at most. */
  rounds: number;
  /** Judges what the checks cannot, where there is a model for it. */
  judge?: (context: JudgeContext) => Judge;
  /** Said at the start: which driver was chosen, and why. */
  note: string;
  /** Only read to know which values are secrets. */
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  /** A new one where none is given. */
  id?: string;
  /** What is taken over from a record instead of being performed. */
  earlier?: Earlier;
  /** Makes the results dir what the run goes on with; nothing else writes there then. */
  prepare?(): void;
  /** Keeps what is needed to go on and to replay; where none is given, beside the log. */
  recorder?: Recorder;
  /** The last step to perform; the run then ends without a grade. */
  through?: number;
}

export interface RunOutcome {
  exitCode: RunExit;
  /** Absolute. */
  resultsDir: string;
  id: string;
  /** Absolute path of recommendations.md, where the run wrote one. */
  report: string | null;
  grade: Grade | null;
}
