import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf, RunbookError } from '../../lib/errors.ts';

const MIN_LENGTH = 32;
const FILE = 'secret.key';

/**
 * The key of an installation: `RUNBOOK_KEY`, else a file of the data folder that only its owner may read, made where it is not there.
 * @throws RunbookError `config` for a key that is too short, or a file that others may read
 */
export function installationKey(dataDir: string, env: Readonly<Record<string, string | undefined>>): string {
  const given = env.RUNBOOK_KEY?.trim();
  if (given) return checked(given, 'RUNBOOK_KEY');
  const file = path.join(dataDir, FILE);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, `${randomBytes(MIN_LENGTH).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new RunbookError('config', `${file} cannot be written: ${messageOf(cause)}`, {
        at: file,
        hint: 'Choose another folder with --data, or set RUNBOOK_KEY.',
        cause,
      });
  }
  const others = statSync(file).mode & 0o077;
  if (others !== 0)
    throw new RunbookError('config', `${file} may be read by others.`, { at: file, hint: `Run: chmod 600 ${file}` });
  return checked(readFileSync(file, 'utf8').trim(), file);
}

function checked(key: string, at: string): string {
  if (key.length >= MIN_LENGTH) return key;
  throw new RunbookError('config', `The key in ${at} has ${key.length} characters; ${MIN_LENGTH} are the least.`, {
    at,
    hint: 'Make one with: openssl rand -base64 32',
  });
}
