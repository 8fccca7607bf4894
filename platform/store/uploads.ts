import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Db } from '../database/pool.ts';

/** A file that a client sent. */
export interface Upload {
  /** `file-…`. */
  id: string;
  collectionId: string;
  /** What clients call it: `{collection}/_sandbox_uploads/{id}/{name}`. */
  path: string;
  name: string;
  bytes: number;
}

const COLUMNS = 'id, collection_id AS "collectionId", path, name, bytes';

export async function addUpload(db: Db, upload: Omit<Upload, 'id'>): Promise<Upload> {
  const { rows } = await db.query<Upload>(
    `INSERT INTO platform.uploads (id, collection_id, path, name, bytes) VALUES ($1, $2, $3, $4, $5) RETURNING ${COLUMNS}`,
    [`file-${randomBytes(12).toString('hex')}`, upload.collectionId, upload.path, upload.name, upload.bytes],
  );
  return rows[0] as Upload;
}

export async function deleteUploads(db: Db, uploads: readonly Upload[]): Promise<void> {
  await db.query('DELETE FROM platform.uploads WHERE id = ANY($1)', [uploads.map(({ id }) => id)]);
}

/** By its id or its path; undefined for one of another collection. */
export async function findUpload(db: Db, collectionId: string, called: string): Promise<Upload | undefined> {
  const { rows } = await db.query<Upload>(
    `SELECT ${COLUMNS} FROM platform.uploads WHERE collection_id = $1 AND (id = $2 OR path = $2)`,
    [collectionId, called],
  );
  return rows[0];
}

/** Where the file lies; its stored path was made by us. @param uploadsDir `<collection id>/<upload id>/<name>` */
export function placeOf(uploadsDir: string, { collectionId, path: stored }: Upload): string {
  const [id = '', name = ''] = stored.split('/').slice(-2);
  return path.join(uploadsDir, collectionId, id, name);
}
