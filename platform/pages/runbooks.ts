import type { Runbook } from '../../agent/runbook/manifest.ts';
import type { PlatformRun } from '../store/run-row.ts';
import type { Task } from '../store/tasks.ts';
import { withRunbook } from '../work/perform.ts';
import { planOf } from '../work/plan.ts';
import { ownParams } from './submit.ts';

/** The runbook of a task: its own text, or the one that ships with the program. @throws RunbookError where the text is none */
export function runbookOfTask(task: Task): Promise<Runbook> {
  const { instruction } = ownParams(task);
  return read(instruction === undefined ? undefined : String(instruction));
}

/** The runbook of a run, as the task had it when the run was asked for: a fork performs it again. @throws RunbookError */
export async function runbookOfRun(run: PlatformRun): Promise<Runbook> {
  return read(planOf(run).instruction);
}

function read(instruction: string | undefined): Promise<Runbook> {
  return withRunbook({ instruction }, async (runbook) => runbook);
}
