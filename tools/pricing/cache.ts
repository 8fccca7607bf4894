import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../../lib/files.ts';
import { publicUrl } from './live.ts';

/** Part of the file's name, so that an older layout is never read. */
const LAYOUT = 1;

const cachedTable = z.object({
  etag: z.string().nullable(),
  /** When this content was read. */
  fetched_at: z.iso.datetime(),
  /** When the server last said that it is still the newest. */
  checked_at: z.iso.datetime(),
  skipped: z.array(z.string()),
  table: z.record(
    z.string(),
    z
      .object({
        input_cost_per_token: z.number(),
        output_cost_per_token: z.number(),
        litellm_provider: z.string(),
        mode: z.string().nullable(),
        max_input_tokens: z.number().optional(),
      })
      .catchall(z.number()),
  ),
});
export type CachedTable = z.infer<typeof cachedTable>;

/** `$XDG_CACHE_HOME` (where it is absolute, as its standard asks) or `~/.cache`, then `posthog-trace-optimizer/pricing`. */
export function pricingCacheDir(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const base =
    env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : path.join(homedir(), '.cache');
  return path.join(base, 'posthog-trace-optimizer', 'pricing');
}

function fileOf(dir: string, url: URL): string {
  const id = createHash('sha256')
    .update(`${publicUrl(url)}${url.search}`)
    .digest('hex')
    .slice(0, 16);
  return path.join(dir, `v${LAYOUT}-${id}.json`);
}

/** The copy of this address's table; null where there is none that can be read. */
export async function readCachedTable(dir: string, url: URL): Promise<CachedTable | null> {
  try {
    return cachedTable.parse(JSON.parse(await readFile(fileOf(dir, url), 'utf8')));
  } catch {
    return null;
  }
}

/** Keeps a copy, atomically. A cache that cannot be written costs the next run a download, so it is no failure. */
export async function writeCachedTable(dir: string, url: URL, cached: CachedTable): Promise<void> {
  await writeFileAtomic(fileOf(dir, url), JSON.stringify(cached)).catch(() => undefined);
}
