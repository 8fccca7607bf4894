import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { messageOf, RunbookError } from '../lib/errors.ts';

/**
 * The environment, with what a `.env` in the current folder adds; the process's own values win.
 * @throws RunbookError `config` where there is a `.env` that cannot be read
 */
export function loadEnv(): NodeJS.ProcessEnv {
  for (const [name, value] of Object.entries(readEnvFile())) process.env[name] ??= value;
  return process.env;
}

function readEnvFile(): Record<string, string> {
  try {
    return parseEnv(readFileSync('.env', 'utf8')) as Record<string, string>;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new RunbookError('config', `.env cannot be read: ${messageOf(cause)}`, {
      at: '.env',
      hint: 'Mend its permissions, or remove it.',
      cause,
    });
  }
}
