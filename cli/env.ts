import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** The environment, with what a `.env` in the current folder adds; the process's own values win. */
export function loadEnv(): NodeJS.ProcessEnv {
  if (!existsSync('.env')) return process.env;
  const fromFile = parseEnv(readFileSync('.env', 'utf8')) as Record<string, string>;
  for (const [name, value] of Object.entries(fromFile)) process.env[name] ??= value;
  return process.env;
}
