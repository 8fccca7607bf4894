import type { Db } from '../database/pool.ts';
import type { Cipher } from '../secrets/cipher.ts';

/** A variable as everybody may see it. */
export interface Variable {
  name: string;
  updated: Date;
}

/** The schema holds the same. */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/u;

/** Names only, sorted: values are given to runs and to nobody else. */
export async function listVariables(db: Db, collectionId: string): Promise<Variable[]> {
  const { rows } = await db.query<Variable>(
    'SELECT name, updated FROM platform.environment WHERE collection_id = $1 ORDER BY name',
    [collectionId],
  );
  return rows;
}

/** Sets variables, and removes those whose value is null. Send it through a transaction. */
export async function changeVariables(
  db: Db,
  { collectionId, cipher, changes }: { collectionId: string; cipher: Cipher; changes: Record<string, string | null> },
): Promise<void> {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null)
      await db.query('DELETE FROM platform.environment WHERE collection_id = $1 AND name = $2', [collectionId, name]);
    else
      await db.query(
        `INSERT INTO platform.environment (collection_id, name, value) VALUES ($1, $2, $3)
         ON CONFLICT (collection_id, name) DO UPDATE SET value = excluded.value, updated = now()`,
        [collectionId, name, cipher.seal(value, placeOf(collectionId, name))],
      );
  }
}

export async function clearVariables(db: Db, collectionId: string): Promise<void> {
  await db.query('DELETE FROM platform.environment WHERE collection_id = $1', [collectionId]);
}

/** The values, for a run. @throws RunbookError `config` where the key of the installation is another one */
export async function readVariables(
  db: Db,
  { collectionId, cipher }: { collectionId: string; cipher: Cipher },
): Promise<Record<string, string>> {
  const { rows } = await db.query<{ name: string; value: Buffer }>(
    'SELECT name, value FROM platform.environment WHERE collection_id = $1',
    [collectionId],
  );
  return Object.fromEntries(
    rows.map(({ name, value }) => [name, cipher.open(value, placeOf(collectionId, name))] as const),
  );
}

function placeOf(collectionId: string, name: string): string {
  return `environment ${collectionId} ${name}`;
}
