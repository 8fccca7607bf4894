import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { RunbookError } from '../../lib/errors.ts';
import { isLoopback } from '../../lib/listen.ts';

type Env = Readonly<Record<string, string | undefined>>;

const DEFAULT_TARGET = 'https://flows-api.jetty.io';
const TOKEN_FILE = path.join('.config', 'jetty', 'token');

/**
 * Where to deploy: as given, else `JETTY_API_URL`, else Jetty itself; without a slash at its end.
 * @throws RunbookError `usage` for what is no such URL; plain http is for this machine only, since the token goes there
 */
export function targetOf(given: string | undefined, env: Env): string {
  const text = given ?? (env.JETTY_API_URL?.trim() || DEFAULT_TARGET);
  const refuse = (why: string) =>
    new RunbookError('usage', `--target ${text}: ${why}`, {
      at: '--target',
      hint: `Give the origin of the API, for instance ${DEFAULT_TARGET}.`,
    });
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/u.test(url.protocol)) throw refuse('is no URL that begins with https://.');
  if (url.username !== '' || url.password !== '')
    throw new RunbookError('usage', '--target holds a user or a password.', {
      at: '--target',
      hint: 'Leave them out: the token comes from JETTY_API_TOKEN.',
    });
  if (url.search !== '' || url.hash !== '') throw refuse('has a query or a fragment.');
  if (url.protocol === 'http:' && !isLoopback(url.hostname.replace(/^\[|\]$/gu, '')))
    throw refuse('the token would go there unencrypted.');
  return url.href.replace(/\/+$/u, '');
}

/**
 * The token: `JETTY_API_TOKEN`, or the file that Jetty's own tools keep; empty counts as unset.
 * @throws RunbookError `config` where there is none, or it can be no header
 */
export function tokenOf(env: Env): string {
  const token = findToken(env);
  if (token === undefined)
    throw new RunbookError('config', 'JETTY_API_TOKEN is not set.', {
      at: 'JETTY_API_TOKEN',
      hint: `Create a token for the collection (Settings → API tokens), and set JETTY_API_TOKEN or write it to ~/${TOKEN_FILE}.`,
    });
  if (/^[\x21-\x7e]+$/u.test(token)) return token;
  throw new RunbookError('config', 'The token holds spaces or characters that no token has.', {
    at: 'JETTY_API_TOKEN',
    hint: 'Copy it again: one word that begins with mlc_.',
  });
}

/** As `tokenOf`; undefined where there is none. */
export function findToken(env: Env): string | undefined {
  return env.JETTY_API_TOKEN?.trim() || readToken(env.HOME ?? homedir()) || undefined;
}

function readToken(home: string): string {
  try {
    return readFileSync(path.join(home, TOKEN_FILE), 'utf8').trim();
  } catch {
    return ''; // none there, or not ours to read
  }
}
