import type { Db } from '../database/pool.ts';

export interface Label {
  key: string;
  value: string;
  author: string;
  created: Date;
}

/** Sets a label; one of the same key is replaced. */
export async function setLabel(db: Db, runId: string, { key, value, author }: Omit<Label, 'created'>): Promise<Label> {
  const { rows } = await db.query<Label>(
    `INSERT INTO platform.labels (run_id, key, value, author) VALUES ($1, $2, $3, $4)
     ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value, author = excluded.author, created = now()
     RETURNING key, value, author, created`,
    [runId, key, value, author],
  );
  return rows[0] as Label;
}

/** The labels of runs, by run. */
export async function labelsOf(db: Db, runIds: readonly string[]): Promise<Map<string, Label[]>> {
  const { rows } = await db.query<Label & { run_id: string }>(
    'SELECT run_id, key, value, author, created FROM platform.labels WHERE run_id = ANY($1) ORDER BY created, key',
    [runIds],
  );
  const labels = new Map<string, Label[]>();
  for (const { run_id, ...label } of rows) {
    const known = labels.get(run_id);
    if (known) known.push(label);
    else labels.set(run_id, [label]);
  }
  return labels;
}

/** Those of an author, by their keys. */
export async function deleteLabels(
  db: Db,
  runId: string,
  { keys, author }: { keys: readonly string[]; author: string },
): Promise<void> {
  const wanted = 'run_id = $1 AND key = ANY($2) AND author = $3';
  await db.query(`DELETE FROM platform.labels WHERE ${wanted}`, [runId, keys, author]);
}
