import { randomBytes } from 'node:crypto';
import type { Db } from '../database/pool.ts';
import { type Ingested, type PlatformRun, RUN_COLUMNS, type RunRow, runOf } from './run-row.ts';

export type NewIngested = Pick<PlatformRun, 'collectionId' | 'taskId' | 'initParams' | 'author'> & {
  /** One that is known already is told anew. */
  trajectoryId: string | undefined;
  state: 'completed' | 'failed' | 'cancelled';
  costUsd: number;
  ingested: Ingested;
  started: Date;
  ended: Date;
};

/** What our own runs that come out so end with. */
const EXIT_CODES = { completed: 0, failed: 1, cancelled: 130 };
const ID_ATTEMPTS = 5;

/** Keeps a run that was performed elsewhere; nobody is told of its end. @returns undefined where the id is that of another run, or of a run of ours */
export async function ingestRun(db: Db, run: NewIngested): Promise<PlatformRun | undefined> {
  if (run.trajectoryId !== undefined) return insert(db, run, run.trajectoryId);
  for (let attempt = 0; attempt < ID_ATTEMPTS; attempt += 1) {
    const made = await insert(db, run, randomBytes(4).toString('hex'));
    if (made) return made;
  }
  throw new Error('no free trajectory id');
}

async function insert(db: Db, run: NewIngested, trajectoryId: string): Promise<PlatformRun | undefined> {
  const { collectionId, taskId, state, initParams, author, costUsd, ingested, started, ended } = run;
  const isNew = run.trajectoryId === undefined;
  const { rows } = await db.query<RunRow>(
    `INSERT INTO platform.runs (trajectory_id, collection_id, task_id, status, init_params, workflow, author, exit_code,
       cost_usd, ingested, created, started, ended, announced)
     VALUES ($1, $2, $3, $4, $5, '{}', $6, $7, $8, $9, $10, $10, $11, now())
     ON CONFLICT (collection_id, trajectory_id) DO UPDATE SET
       status = CASE runs.status WHEN 'archived' THEN runs.status ELSE excluded.status END, init_params = excluded.init_params,
       author = excluded.author, exit_code = excluded.exit_code, cost_usd = excluded.cost_usd, ingested = excluded.ingested,
       created = excluded.created, started = excluded.started, ended = excluded.ended, updated = now()
     WHERE NOT $12 AND runs.ingested IS NOT NULL AND runs.task_id = excluded.task_id
     RETURNING ${RUN_COLUMNS}`,
    [
      ...[trajectoryId, collectionId, taskId, state, initParams, author, EXIT_CODES[state]],
      ...[costUsd, JSON.stringify(ingested), started, ended, isNew],
    ],
  );
  return rows[0] && runOf(rows[0]);
}
