import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';
import { LocalSource, type LocalSourceOptions } from '../../../sources/local/local-source.ts';

const folders: string[] = [];
const sources: LocalSource[] = [];
afterEach(async () => {
  for (const source of sources.splice(0)) await source.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A temporary folder that goes with the test. */
export function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'local-source-test-'));
  folders.push(made);
  return made;
}

/** A file in a new temporary folder. */
export function file(name: string, content: string | Uint8Array): string {
  const made = path.join(folder(), name);
  writeFileSync(made, content);
  return made;
}

/** An event as one line of an export. */
export function event(
  properties: Record<string, unknown> = {},
  { time = '2026-10-01T10:00:00.000000+00:00', ...more }: Record<string, unknown> = {},
): string {
  return JSON.stringify({ event: '$ai_generation', distinct_id: 'user', timestamp: time, properties, ...more });
}

export const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** A source that is closed with the test; its cache is a temporary folder unless another is given. */
export async function open(paths: string | string[], options: Partial<LocalSourceOptions> = {}): Promise<LocalSource> {
  const source = new LocalSource({ paths: [paths].flat(), cacheDir: folder(), ...options });
  sources.push(source);
  await source.open();
  return source;
}

export async function rows(source: LocalSource, sql: string): Promise<unknown[][]> {
  return (await source.query({ sql })).rows;
}
