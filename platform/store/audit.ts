import type { Db } from '../database/pool.ts';

/** Who did what: changes, logins and refusals, never values of secrets. */
export interface AuditEntry {
  at: Date;
  /** The token's name and first characters, a schedule, or the program. */
  actor: string;
  /** Such as `environment.change`. */
  action: string;
  target: string;
  detail: Record<string, unknown>;
}

export async function addAudit(
  db: Db,
  {
    collectionId,
    actor,
    action,
    target,
    detail = {},
  }: Omit<AuditEntry, 'at' | 'detail'> & {
    collectionId: string | null;
    detail?: Record<string, unknown>;
  },
): Promise<void> {
  await db.query(
    'INSERT INTO platform.audit (collection_id, actor, action, target, detail) VALUES ($1, $2, $3, $4, $5)',
    [collectionId, actor, action, target, JSON.stringify(detail)],
  );
}

/** Newest first. */
export async function listAudit(db: Db, collectionId: string, limit: number): Promise<AuditEntry[]> {
  const { rows } = await db.query<AuditEntry>(
    `SELECT at, actor, action, target, detail FROM platform.audit WHERE collection_id = $1 ORDER BY id DESC LIMIT $2`,
    [collectionId, limit],
  );
  return rows;
}

/** Of every collection, whose name stands with it, and of the server itself (logins that were refused, the administrator's tokens). Newest first. */
export async function listAllAudit(db: Db, limit: number): Promise<(AuditEntry & { collection: string | null })[]> {
  const { rows } = await db.query<AuditEntry & { collection: string | null }>(
    `SELECT at, actor, action, target, detail, c.name AS collection
     FROM platform.audit a LEFT JOIN platform.collections c ON c.id = a.collection_id ORDER BY a.id DESC LIMIT $1`,
    [limit],
  );
  return rows;
}
