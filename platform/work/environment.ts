import path from 'node:path';
import type { Pool } from '../database/pool.ts';
import type { Cipher } from '../secrets/cipher.ts';
import { readVariables } from '../store/environment.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { readSecretParams } from '../store/run-secrets.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What programs need of the server's own environment, and where services are. */
const PASSED = ['PATH', 'TMPDIR', 'LANG', 'LITELLM_PRICING_URL', 'ANTHROPIC_BASE_URL'];
/** Where logins of whoever runs the server would be looked for (`~/.claude`, `~/.aws`, `~/.config/gh`): there is no such folder. */
const NO_HOME = '/nonexistent';

/** The server's environment as runs, and programs that they start, may see it: no secret of the server, no login of its user. */
export function leanEnvironment(env: Env): Record<string, string> {
  const { XDG_CACHE_HOME, HOME } = env;
  const cache = XDG_CACHE_HOME ?? (HOME === undefined ? undefined : path.join(HOME, '.cache'));
  const passed = PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
  return { ...Object.fromEntries(passed), HOME: NO_HOME, ...(cache === undefined ? {} : { XDG_CACHE_HOME: cache }) };
}

/** What a run reads: the variables of its collection, and over them its own secrets. What the server decides is not theirs to change. */
export async function runEnvironment(
  { pool, cipher, env }: { pool: Pool; cipher: Cipher; env: Env },
  run: PlatformRun,
): Promise<Record<string, string | undefined>> {
  const variables = await readVariables(pool, { collectionId: run.collectionId, cipher });
  const given = { ...variables, ...(await readSecretParams(pool, run.id, cipher)) };
  const theirs = Object.entries(given).filter(([name]) => !isOfServer(name));
  return { ...leanEnvironment(env), ...Object.fromEntries(theirs) };
}

/** Names by which a program, its libraries, its files or its way out are chosen: whoever sets one decides what runs on the server. */
const OF_SERVER =
  /^(?:PATH|HOME|TMPDIR|LANG|CLAUDE_CONFIG_DIR|GH_.*|GIT_.*|LD_.*|DYLD_.*|NODE_.*|XDG_.*|SSL_.*|(?:HTTPS?|ALL|NO)_PROXY)$/iu;

/** Whether a variable is the server's to set, and no collection's. */
export function isOfServer(name: string): boolean {
  return OF_SERVER.test(name);
}
