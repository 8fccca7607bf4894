import { createHash, randomBytes } from 'node:crypto';
import type { Db } from '../database/pool.ts';
import { type Token, type TokenRow, tokenOf } from './tokens.ts';

/** A session ends so long after its last page. */
const LASTS = '12 hours';
const ID_BYTES = 32;

/** Begins a session. @returns its id, once: only a digest is kept */
export async function createSession(db: Db, tokenId: string): Promise<string> {
  const id = newSessionId();
  await db.query('DELETE FROM platform.sessions WHERE expires < now()');
  await db.query('INSERT INTO platform.sessions (hash, token_id, expires) VALUES ($1, $2, now() + $3::interval)', [
    digest(id),
    tokenId,
    LASTS,
  ]);
  return id;
}

export function newSessionId(): string {
  return randomBytes(ID_BYTES).toString('base64url');
}

/** Whose a session is, which lasts longer for it; undefined where it is over, or its token was revoked. */
export async function sessionToken(db: Db, id: string): Promise<Token | undefined> {
  const { rows } = await db.query<TokenRow>(
    `UPDATE platform.sessions s SET expires = now() + $2::interval FROM platform.tokens t
     WHERE s.hash = $1 AND s.expires > now() AND t.id = s.token_id AND t.revoked IS NULL
     RETURNING t.id, t.collection_id, t.name, t.prefix, t.created, t.last_used`,
    [digest(id), LASTS],
  );
  return rows[0] && tokenOf(rows[0]);
}

export async function endSession(db: Db, id: string): Promise<void> {
  await db.query('DELETE FROM platform.sessions WHERE hash = $1', [digest(id)]);
}

function digest(id: string): Buffer {
  return createHash('sha256').update(id).digest();
}
