import type { Db } from '../database/pool.ts';
import type { Cipher } from '../secrets/cipher.ts';

export async function setWebhookSecret(
  db: Db,
  { runId, secret, cipher }: { runId: string; secret: string; cipher: Cipher },
): Promise<void> {
  await db.query('UPDATE platform.runs SET webhook_secret = $2 WHERE id = $1', [
    runId,
    cipher.seal(secret, `run ${runId} webhook`),
  ]);
}

/** @throws RunbookError `config` where the key of the installation is another one */
export async function readWebhookSecret(db: Db, runId: string, cipher: Cipher): Promise<string | undefined> {
  const { rows } = await db.query<{ webhook_secret: Buffer | null }>(
    'SELECT webhook_secret FROM platform.runs WHERE id = $1',
    [runId],
  );
  const sealed = rows[0]?.webhook_secret;
  return sealed ? cipher.open(sealed, `run ${runId} webhook`) : undefined;
}

/** Keeps secrets for this one run; they are gone when it is over. */
export async function setSecretParams(
  db: Db,
  { runId, secrets, cipher }: { runId: string; secrets: Record<string, string>; cipher: Cipher },
): Promise<void> {
  await db.query('UPDATE platform.runs SET secret_params = $2 WHERE id = $1', [
    runId,
    cipher.seal(JSON.stringify(secrets), `run ${runId}`),
  ]);
}

/** @throws RunbookError `config` where the key of the installation is another one */
export async function readSecretParams(db: Db, runId: string, cipher: Cipher): Promise<Record<string, string>> {
  const { rows } = await db.query<{ secret_params: Buffer | null }>(
    'SELECT secret_params FROM platform.runs WHERE id = $1',
    [runId],
  );
  const sealed = rows[0]?.secret_params;
  return sealed ? (JSON.parse(cipher.open(sealed, `run ${runId}`)) as Record<string, string>) : {};
}
