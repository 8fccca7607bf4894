import type { Db } from '../database/pool.ts';
import { unlessTaken } from '../database/pool.ts';
import type { Cadence } from '../routines/cadence.ts';
import type { CatchUpPolicy, OverlapPolicy } from '../routines/policy.ts';
import type { Cipher } from '../secrets/cipher.ts';
import { assignments } from './assign.ts';
import { assertRoutinesLeft } from './bounds.ts';

/** A schedule of a task. */
export interface Routine {
  id: number;
  taskId: string;
  name: string;
  cadence: Cadence;
  overlap: OverlapPolicy;
  catchUp: CatchUpPolicy;
  /** s; fires are spread over so many. */
  jitterS: number;
  /** Over the task's `init_params`. */
  overrides: Record<string, unknown>;
  webhookUrl: string | null;
  paused: boolean;
  /** Fires up to this instant are decided. */
  decidedTo: Date;
  created: Date;
  updated: Date;
}

export type RoutineFields = Pick<
  Routine,
  'name' | 'cadence' | 'overlap' | 'catchUp' | 'jitterS' | 'overrides' | 'webhookUrl' | 'paused'
>;

/** What of a schedule can be changed: its name stays. */
export type RoutineChanges = Partial<Omit<RoutineFields, 'name'>>;

/** What a schedule is where nobody says otherwise. */
export const ROUTINE_DEFAULTS: Omit<RoutineFields, 'name' | 'cadence'> = {
  overlap: 'skip',
  catchUp: 'latest',
  jitterS: 0,
  overrides: {},
  webhookUrl: null,
  paused: false,
};

/** What is kept sealed. */
export interface RoutineSecrets {
  secretParams: Record<string, string>;
  webhookSecret: string;
}

/** @returns undefined where the task has one of that name. @throws RunbookError `usage` where the collection has too many */
export async function createRoutine(db: Db, taskId: string, fields: RoutineFields): Promise<Routine | undefined> {
  await assertRoutinesLeft(db, taskId);
  return unlessTaken(async () => {
    const { rows } = await db.query<RoutineRow>(
      `INSERT INTO platform.routines (task_id, ${NAMES.map((name) => FIELDS[name]).join(', ')})
       VALUES ($1, ${NAMES.map((_, index) => `$${index + 2}`).join(', ')}) RETURNING ${COLUMNS}`,
      [taskId, ...NAMES.map((name) => fields[name])],
    );
    return rows[0] && routineOf(rows[0]);
  });
}

/**
 * Changes what is given, and nothing else. One that was paused, or has another cadence, begins anew from now on: what was due meanwhile is not made up for.
 * @returns undefined where it was deleted
 */
export async function changeRoutine(
  db: Db,
  { id }: Pick<Routine, 'id'>,
  changes: RoutineChanges,
): Promise<Routine | undefined> {
  const { sets, values } = assignments<RoutineFields>(FIELDS, changes, 4);
  const { rows } = await db.query<RoutineRow>(
    `UPDATE platform.routines SET updated = now(), decided_to = CASE
       WHEN cadence <> $2::jsonb OR ($3 AND paused) THEN greatest(decided_to, now()) ELSE decided_to END${sets}
     WHERE id = $1 RETURNING ${COLUMNS}`,
    [id, changes.cadence ?? null, changes.paused === false, ...values],
  );
  return rows[0] && routineOf(rows[0]);
}

export async function routineByName(db: Db, taskId: string, name: string): Promise<Routine | undefined> {
  const { rows } = await db.query<RoutineRow>(
    `SELECT ${COLUMNS} FROM platform.routines WHERE task_id = $1 AND lower(name) = lower($2)`,
    [taskId, name],
  );
  return rows[0] && routineOf(rows[0]);
}

/** Of a collection, or of one task of it, in the order of their names. */
export async function listRoutines(
  db: Db,
  { collectionId, taskId = null }: { collectionId: string; taskId?: string | null },
): Promise<(Routine & { task: string })[]> {
  const { rows } = await db.query<RoutineRow & { task: string }>(
    `SELECT ${COLUMNS.split(', ')
      .map((column) => `r.${column}`)
      .join(', ')}, t.name AS task
     FROM platform.routines r JOIN platform.tasks t ON t.id = r.task_id
     WHERE t.collection_id = $1 AND ($2::uuid IS NULL OR t.id = $2) ORDER BY lower(t.name), lower(r.name)`,
    [collectionId, taskId],
  );
  return rows.map(({ task, ...row }) => ({ ...routineOf(row), task }));
}

/** Its runs stay. */
export async function deleteRoutine(db: Db, id: number): Promise<void> {
  await db.query('DELETE FROM platform.routines WHERE id = $1', [id]);
}

/** What tells when a schedule fires next. */
export type Timing = Pick<Routine, 'id' | 'cadence' | 'decidedTo'>;

/** Of every schedule that is to fire by itself, in the order of their numbers. */
export async function timings(db: Db): Promise<Timing[]> {
  const { rows } = await db.query<Pick<RoutineRow, 'id' | 'cadence' | 'decided_to'>>(
    `SELECT id, cadence, decided_to FROM platform.routines WHERE NOT paused AND cadence->>'type' <> 'manual' ORDER BY id`,
  );
  return rows.map(({ id, cadence, decided_to }) => ({ id, cadence, decidedTo: decided_to }));
}

/** Holds one until the transaction ends. @returns undefined where another server holds it, or it was paused meanwhile */
export async function holdRoutine(db: Db, id: number): Promise<Routine | undefined> {
  const { rows } = await db.query<RoutineRow>(
    `SELECT ${COLUMNS} FROM platform.routines WHERE id = $1 AND NOT paused FOR UPDATE SKIP LOCKED`,
    [id],
  );
  return rows[0] && routineOf(rows[0]);
}

/** Fires up to there are decided. */
export async function decidedTo(db: Db, id: number, until: Date): Promise<void> {
  await db.query('UPDATE platform.routines SET decided_to = greatest(decided_to, $2) WHERE id = $1', [id, until]);
}

/** Whether deliveries of its runs are signed; the secret is not read. */
export async function hasWebhookSecret(db: Db, id: number): Promise<boolean> {
  const sql = 'SELECT 1 FROM platform.routines WHERE id = $1 AND webhook_secret IS NOT NULL';
  return (await db.query(sql, [id])).rowCount === 1;
}

export async function setRoutineSecrets(
  db: Db,
  { id, secrets, cipher }: { id: number; secrets: Partial<RoutineSecrets>; cipher: Cipher },
): Promise<void> {
  const { secretParams, webhookSecret } = secrets;
  if (secretParams !== undefined)
    await db.query('UPDATE platform.routines SET secret_params = $2 WHERE id = $1', [
      id,
      cipher.seal(JSON.stringify(secretParams), `routine ${id} params`),
    ]);
  if (webhookSecret !== undefined)
    await db.query('UPDATE platform.routines SET webhook_secret = $2 WHERE id = $1', [
      id,
      cipher.seal(webhookSecret, `routine ${id} webhook`),
    ]);
}

/** @throws RunbookError `config` where the key of the installation is another one */
export async function readRoutineSecrets(db: Db, id: number, cipher: Cipher): Promise<Partial<RoutineSecrets>> {
  const { rows } = await db.query<{ secret_params: Buffer | null; webhook_secret: Buffer | null }>(
    'SELECT secret_params, webhook_secret FROM platform.routines WHERE id = $1',
    [id],
  );
  const { secret_params: params, webhook_secret: secret } = rows[0] ?? {};
  return {
    ...(params
      ? { secretParams: JSON.parse(cipher.open(params, `routine ${id} params`)) as Record<string, string> }
      : {}),
    ...(secret ? { webhookSecret: cipher.open(secret, `routine ${id} webhook`) } : {}),
  };
}

const FIELDS: Record<keyof RoutineFields, string> = {
  name: 'name',
  cadence: 'cadence',
  overlap: 'overlap',
  catchUp: 'catch_up',
  jitterS: 'jitter_s',
  overrides: 'init_params_overrides',
  webhookUrl: 'webhook_url',
  paused: 'paused',
};
const NAMES = Object.keys(FIELDS) as (keyof RoutineFields)[];
const COLUMNS = `id, task_id, ${Object.values(FIELDS).join(', ')}, decided_to, created, updated`;

interface RoutineRow {
  id: number;
  task_id: string;
  name: string;
  cadence: Cadence;
  overlap: OverlapPolicy;
  catch_up: CatchUpPolicy;
  jitter_s: number;
  init_params_overrides: Record<string, unknown>;
  webhook_url: string | null;
  paused: boolean;
  decided_to: Date;
  created: Date;
  updated: Date;
}

function routineOf(row: RoutineRow): Routine {
  const { id, name, cadence, overlap, paused, created, updated } = row;
  return {
    ...{ id, name, cadence, overlap, paused, created, updated },
    taskId: row.task_id,
    catchUp: row.catch_up,
    jitterS: row.jitter_s,
    overrides: row.init_params_overrides,
    webhookUrl: row.webhook_url,
    decidedTo: row.decided_to,
  };
}
