import { createHash, randomInt } from 'node:crypto';
import type { Db } from '../database/pool.ts';

/** As Jetty's: `mlc_` and 32 of these, about 165 bits; so many need no slow hash. */
const PREFIX = 'mlc_';
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 32;
const SHOWN = 8;

export interface Token {
  id: string;
  /** Null: the administrator's, for every collection. */
  collectionId: string | null;
  name: string;
  /** Its first characters. */
  prefix: string;
  created: Date;
  lastUsed: Date | null;
}

/** Makes a token. @returns it and, once, its text: only a digest is kept */
export async function createToken(
  db: Db,
  { collectionId, name }: { collectionId: string | null; name: string },
): Promise<{ token: Token; text: string }> {
  const text = PREFIX + Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  const { rows } = await db.query<TokenRow>(
    `INSERT INTO platform.tokens (collection_id, name, prefix, hash) VALUES ($1, $2, $3, $4) RETURNING ${COLUMNS}`,
    [collectionId, name, text.slice(0, PREFIX.length + SHOWN), digest(text)],
  );
  return { token: tokenOf(rows[0] as TokenRow), text };
}

/** Whose a token is; undefined for none of ours, or one that was revoked. That it was used is written down once a minute at most. */
export async function tokenByText(db: Db, text: string): Promise<Token | undefined> {
  const { rows } = await db.query<TokenRow>(
    `WITH used AS (
       UPDATE platform.tokens SET last_used = now()
       WHERE hash = $1 AND revoked IS NULL AND coalesce(last_used < now() - interval '1 minute', true)
       RETURNING id, last_used
     )
     SELECT id, collection_id, name, prefix, created, coalesce(used.last_used, t.last_used) AS last_used
     FROM platform.tokens t LEFT JOIN used USING (id) WHERE hash = $1 AND revoked IS NULL`,
    [digest(text)],
  );
  return rows[0] && tokenOf(rows[0]);
}

/** Those that are not revoked, oldest first. @param collectionId null for the administrator's */
export async function listTokens(db: Db, collectionId: string | null): Promise<Token[]> {
  const { rows } = await db.query<TokenRow>(
    `SELECT ${COLUMNS} FROM platform.tokens WHERE collection_id IS NOT DISTINCT FROM $1 AND revoked IS NULL ORDER BY created`,
    [collectionId],
  );
  return rows.map(tokenOf);
}

/** Those of every collection and of the administrator, whose stand first; with the name of the collection. */
export async function listAllTokens(db: Db, limit: number): Promise<(Token & { collection: string | null })[]> {
  const { rows } = await db.query<TokenRow & { collection: string | null }>(
    `SELECT t.id, t.collection_id, t.name, t.prefix, t.created, t.last_used, c.name AS collection
     FROM platform.tokens t LEFT JOIN platform.collections c ON c.id = t.collection_id
     WHERE t.revoked IS NULL ORDER BY lower(c.name) NULLS FIRST, t.created LIMIT $1`,
    [limit],
  );
  return rows.map((row) => ({ ...tokenOf(row), collection: row.collection }));
}

/** @returns whether there was one */
export async function revokeToken(db: Db, { id, collectionId }: Pick<Token, 'id' | 'collectionId'>): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE platform.tokens SET revoked = now()
     WHERE id = $1 AND collection_id IS NOT DISTINCT FROM $2 AND revoked IS NULL`,
    [id, collectionId],
  );
  return rowCount === 1;
}

const COLUMNS = 'id, collection_id, name, prefix, created, last_used';

export interface TokenRow {
  id: string;
  collection_id: string | null;
  name: string;
  prefix: string;
  created: Date;
  last_used: Date | null;
}

export function tokenOf({ id, collection_id, name, prefix, created, last_used }: TokenRow): Token {
  return { id, collectionId: collection_id, name, prefix, created, lastUsed: last_used };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
