export type RunState = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled' | 'archived';

/** What is known of a run that somebody else performed and told of. */
export interface Ingested {
  output: unknown;
  /** Who performed it. */
  source: string | null;
  /** What it is called there. */
  evalId: string | null;
  metadata: Record<string, unknown>;
  /** Keys of the labels that were told with it. */
  labels: string[];
}

/** A run of a task: what Jetty calls a trajectory. */
export interface PlatformRun {
  id: string;
  /** Eight hexadecimal digits, unique in its collection. */
  trajectoryId: string;
  collectionId: string;
  taskId: string;
  state: RunState;
  cancelRequested: Date | null;
  initParams: Record<string, unknown>;
  /** The task's, as it was when the run was asked for. */
  workflow: Record<string, unknown>;
  author: string | null;
  exitCode: number | null;
  /** Why it did not complete. */
  error: string | null;
  agent: string | null;
  model: string | null;
  costUsd: number;
  /** Average of the grade, 1 to 5. */
  score: number | null;
  totalSteps: number;
  doneSteps: number;
  /** Processes that performed it: more than one where one of them died. */
  attempts: number;
  worker: string | null;
  parentId: string | null;
  forkStep: number | null;
  routineId: number | null;
  fireAt: Date | null;
  webhookUrl: string | null;
  /** Where somebody else performed it, and told of it. */
  ingested: Ingested | null;
  created: Date;
  started: Date | null;
  updated: Date;
  ended: Date | null;
}

/** How a run that is over came out, also where it was put away since. */
export function outcomeOf({ exitCode }: Pick<PlatformRun, 'exitCode'>): 'completed' | 'failed' | 'cancelled' {
  if (exitCode === CANCELLED.exitCode) return 'cancelled';
  return exitCode === 0 ? 'completed' : 'failed';
}

/** How a run ends that somebody cancelled. */
export const CANCELLED = { state: 'cancelled', exitCode: 130, error: 'Cancelled.' } as const;

export const RUN_COLUMNS = `id, trajectory_id, collection_id, task_id, status, cancel_requested, init_params, workflow, author,
  exit_code, error, agent, model, cost_usd, score, total_steps, done_steps, attempts, worker, parent_id, fork_step,
  routine_id, fire_at, webhook_url, ingested, created, started, updated, ended`;

export interface RunRow {
  id: string;
  trajectory_id: string;
  collection_id: string;
  task_id: string;
  status: RunState;
  cancel_requested: Date | null;
  init_params: Record<string, unknown>;
  workflow: Record<string, unknown>;
  author: string | null;
  exit_code: number | null;
  error: string | null;
  agent: string | null;
  model: string | null;
  cost_usd: number;
  score: number | null;
  total_steps: number;
  done_steps: number;
  attempts: number;
  worker: string | null;
  parent_id: string | null;
  fork_step: number | null;
  routine_id: number | null;
  fire_at: Date | null;
  webhook_url: string | null;
  ingested: Ingested | null;
  created: Date;
  started: Date | null;
  updated: Date;
  ended: Date | null;
}

export function runOf(row: RunRow): PlatformRun {
  const { id, workflow, author, error, agent, model, score, attempts, worker, ingested } = row;
  const { created, started, updated, ended } = row;
  return {
    ...{ id, workflow, author, error, agent, model, score, attempts, worker, ingested },
    ...{ created, started, updated, ended, state: row.status },
    trajectoryId: row.trajectory_id,
    collectionId: row.collection_id,
    taskId: row.task_id,
    cancelRequested: row.cancel_requested,
    initParams: row.init_params,
    exitCode: row.exit_code,
    costUsd: row.cost_usd,
    totalSteps: row.total_steps,
    doneSteps: row.done_steps,
    parentId: row.parent_id,
    forkStep: row.fork_step,
    routineId: row.routine_id,
    fireAt: row.fire_at,
    webhookUrl: row.webhook_url,
  };
}
