import type { Pool } from '../database/pool.ts';
import type { Cipher } from '../secrets/cipher.ts';
import { readVariables } from '../store/environment.ts';
import { type PlatformRun, readSecretParams } from '../store/runs.ts';

/** What programs need of the server's own environment, and where services are: no secret of the server reaches a run. */
const PASSED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'XDG_CACHE_HOME', 'LITELLM_PRICING_URL', 'ANTHROPIC_BASE_URL'];

/** What a run reads: the variables of its collection, and over them its own secrets. */
export async function runEnvironment(
  { pool, cipher, env }: { pool: Pool; cipher: Cipher; env: Readonly<Record<string, string | undefined>> },
  run: PlatformRun,
): Promise<Record<string, string | undefined>> {
  const passed = Object.fromEntries(PASSED.map((name) => [name, env[name]]));
  const variables = await readVariables(pool, { collectionId: run.collectionId, cipher });
  return { ...passed, ...variables, ...(await readSecretParams(pool, run.id, cipher)) };
}
