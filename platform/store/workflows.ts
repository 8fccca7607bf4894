import type { Db } from '../database/pool.ts';

/** What DBOS keeps of the durable workflows behind runs: a workflow has the id of its run. */

/** Workflows that the queues have given to a worker, and that are not over. */
export async function givenTo(db: Db, worker: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT workflow_uuid AS id FROM dbos.workflow_status WHERE executor_id = $1 AND status = 'PENDING'`,
    [worker],
  );
  return rows.map(({ id }) => id);
}

/** Ends runs whose durable workflow is over without them: too many processes died on one, or somebody cancelled it by hand. */
export async function endGivenUp(db: Db): Promise<void> {
  await db.query(
    `UPDATE platform.runs r SET status = 'failed', exit_code = 5, ended = now(), updated = now(), secret_params = NULL,
       error = 'It was given up: ' || attempts || ' processes ended while they performed it.'
     FROM dbos.workflow_status w
     WHERE w.workflow_uuid = r.id::text AND r.status IN ('pending', 'running')
       AND w.status IN ('ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED')`,
  );
}
