import { type Db, unlessTaken } from '../database/pool.ts';

export interface Collection {
  id: string;
  name: string;
  description: string;
  created: Date;
}

/** As the schema has it: letters, digits, `_` and `-`; but for what the server's own addresses begin with. */
export const COLLECTION_NAME = /^(?!(?:api|v1|assets|login|logout)$)[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/iu;

/** @returns undefined where the name is taken (without case) */
export async function createCollection(
  db: Db,
  { name, description = '' }: { name: string; description?: string | undefined },
): Promise<Collection | undefined> {
  return unlessTaken(async () => {
    const { rows } = await db.query<Collection>(
      `INSERT INTO platform.collections (name, description) VALUES ($1, $2) RETURNING ${COLUMNS}`,
      [name, description],
    );
    return rows[0];
  });
}

export async function collectionByName(db: Db, name: string): Promise<Collection | undefined> {
  const { rows } = await db.query<Collection>(
    `SELECT ${COLUMNS} FROM platform.collections WHERE lower(name) = lower($1)`,
    [name],
  );
  return rows[0];
}

/** In the order of their names. @param id only this one */
export async function listCollections(
  db: Db,
  { id = null, skip = 0, limit = 100 }: { id?: string | null; skip?: number; limit?: number },
): Promise<Collection[]> {
  const { rows } = await db.query<Collection>(
    `SELECT ${COLUMNS} FROM platform.collections WHERE $1::uuid IS NULL OR id = $1
     ORDER BY lower(name) OFFSET $2 LIMIT $3`,
    [id, skip, limit],
  );
  return rows;
}

const COLUMNS = 'id, name, description, created';
