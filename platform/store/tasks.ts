import { createHash } from 'node:crypto';
import { type Db, type Pool, transaction, unlessTaken } from '../database/pool.ts';
import { assignments } from './assign.ts';

/** A runbook with its parameters, as clients store it. */
export interface Task {
  id: string;
  collectionId: string;
  name: string;
  entityType: string;
  description: string | null;
  version: string | null;
  /** `{init_params, step_configs, steps}`: any object is taken, and looked at when it is run. */
  workflow: Record<string, unknown>;
  croissantMetadata: Record<string, unknown> | null;
  hasFileUploads: boolean;
  isPrivate: boolean;
  isChatFlow: boolean;
  created: Date;
  updated: Date;
}

export type TaskFields = Omit<Task, 'id' | 'collectionId' | 'created' | 'updated'>;

/** A change of a task. */
export interface TaskVersion {
  /** From 0. */
  index: number;
  contentHash: string;
  operation: 'insert' | 'update';
  data: unknown;
  created: Date;
}

/** What belongs to a change of a task: it happens as well, or the change does not. */
type Also = (db: Db, task: Task) => Promise<void>;

/** @returns undefined where the name is taken (without case) */
export async function createTask(
  pool: Pool,
  collectionId: string,
  fields: TaskFields,
  also?: Also,
): Promise<Task | undefined> {
  return unlessTaken(() =>
    transaction(pool, async (db) => {
      const { rows } = await db.query<TaskRow>(
        `INSERT INTO platform.tasks (collection_id, ${NAMES.map((name) => FIELDS[name]).join(', ')})
         VALUES ($1, ${NAMES.map((_, index) => `$${index + 2}`).join(', ')}) RETURNING ${COLUMNS}`,
        [collectionId, ...NAMES.map((name) => fields[name])],
      );
      const task = await kept(db, rows[0] as TaskRow, 'insert');
      await also?.(db, task);
      return task;
    }),
  );
}

/** Changes what is given, and nothing else. @returns `taken` where another task has the name, `gone` where the task was deleted */
export async function updateTask(
  pool: Pool,
  { id }: Pick<Task, 'id'>,
  changes: Partial<TaskFields>,
  also?: Also,
): Promise<Task | 'taken' | 'gone'> {
  const { sets, values } = assignments<TaskFields>(FIELDS, changes, 2);
  const changed = await unlessTaken(() =>
    transaction(pool, async (db) => {
      const { rows } = await db.query<TaskRow>(
        `UPDATE platform.tasks SET updated = now()${sets} WHERE id = $1 RETURNING ${COLUMNS}`,
        [id, ...values],
      );
      if (!rows[0]) return 'gone';
      const task = await kept(db, rows[0], 'update');
      await also?.(db, task);
      return task;
    }),
  );
  return changed ?? 'taken';
}

export async function taskByName(db: Db, collectionId: string, name: string): Promise<Task | undefined> {
  const { rows } = await db.query<TaskRow>(
    `SELECT ${COLUMNS} FROM platform.tasks WHERE collection_id = $1 AND lower(name) = lower($2)`,
    [collectionId, name],
  );
  return rows[0] && taskOf(rows[0]);
}

/** In the order of their names. */
export async function listTasks(
  db: Db,
  collectionId: string,
  { skip = 0, limit = 100 }: { skip?: number; limit?: number } = {},
): Promise<Task[]> {
  const { rows } = await db.query<TaskRow>(
    `SELECT ${COLUMNS} FROM platform.tasks WHERE collection_id = $1 ORDER BY lower(name) OFFSET $2 LIMIT $3`,
    [collectionId, skip, limit],
  );
  return rows.map(taskOf);
}

/** With its runs. */
export async function deleteTask(db: Db, id: string): Promise<void> {
  await db.query('DELETE FROM platform.tasks WHERE id = $1', [id]);
}

/** Newest first. */
export async function taskVersions(db: Db, taskId: string, limit?: number): Promise<TaskVersion[]> {
  const { rows } = await db.query<Omit<TaskVersion, 'contentHash'> & { content_hash: string }>(
    `SELECT index, content_hash, operation, data, created FROM platform.task_versions
     WHERE task_id = $1 ORDER BY index DESC LIMIT $2`,
    [taskId, limit ?? null],
  );
  return rows.map(({ content_hash, ...version }) => ({ ...version, contentHash: content_hash }));
}

async function kept(db: Db, row: TaskRow, operation: TaskVersion['operation']): Promise<Task> {
  const task = taskOf(row);
  const { id, collectionId: _collection, created: _created, updated: _updated, ...data } = task;
  const text = JSON.stringify(data);
  await db.query(
    `INSERT INTO platform.task_versions (task_id, index, content_hash, operation, data)
     SELECT $1, coalesce(max(index) + 1, 0), $2, $3, $4 FROM platform.task_versions WHERE task_id = $1`,
    [id, createHash('sha256').update(text).digest('hex'), operation, text],
  );
  return task;
}

const FIELDS: Record<keyof TaskFields, string> = {
  name: 'name',
  entityType: 'entity_type',
  description: 'description',
  version: 'version',
  workflow: 'workflow',
  croissantMetadata: 'croissant_metadata',
  hasFileUploads: 'has_file_uploads',
  isPrivate: 'is_private',
  isChatFlow: 'is_chat_flow',
};
const NAMES = Object.keys(FIELDS) as (keyof TaskFields)[];
const COLUMNS = `id, collection_id, ${Object.values(FIELDS).join(', ')}, created, updated`;

interface TaskRow {
  id: string;
  collection_id: string;
  name: string;
  entity_type: string;
  description: string | null;
  version: string | null;
  workflow: Record<string, unknown>;
  croissant_metadata: Record<string, unknown> | null;
  has_file_uploads: boolean;
  is_private: boolean;
  is_chat_flow: boolean;
  created: Date;
  updated: Date;
}

function taskOf(row: TaskRow): Task {
  const { id, name, description, version, workflow, created, updated } = row;
  return {
    ...{ id, name, description, version, workflow, created, updated },
    collectionId: row.collection_id,
    entityType: row.entity_type,
    croissantMetadata: row.croissant_metadata,
    hasFileUploads: row.has_file_uploads,
    isPrivate: row.is_private,
    isChatFlow: row.is_chat_flow,
  };
}
