import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RunbookError } from '../lib/errors.ts';
import type { Source } from './source.ts';

export interface OpenOptions {
  asOf?: Date;
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * Makes the source that `--source` names: `posthog`, `sample`, or event files. It is not opened yet.
 * @throws RunbookError `config` where credentials are missing, `usage` where names are mixed
 */
export async function openSource(specs: string[], { asOf, env }: OpenOptions): Promise<Source> {
  const [first] = specs;
  const named = specs.filter((spec) => spec === 'posthog' || spec === 'sample');
  if (named.length > 0 && specs.length > 1) {
    throw new RunbookError('usage', `--source ${specs.join(' ')}: ${named[0]} cannot be combined with other sources.`, {
      at: '--source',
      hint: 'Give posthog, or sample, or one or more event files.',
    });
  }
  if (first === 'posthog') return (await import('./posthog/posthog-source.ts')).posthogSourceFromEnv(env, asOf);
  const { LocalSource } = await import('./local/local-source.ts');
  const when = asOf ? { asOf } : {};
  if (first === 'sample')
    return new LocalSource({ paths: [await sampleFile(env)], kind: 'sample', label: 'Fernhill (sample)', ...when });
  if (first === undefined)
    throw new RunbookError('usage', 'No source is given.', {
      at: '--source',
      hint: 'Give posthog, sample, or event files.',
    });
  return new LocalSource({ paths: specs, ...when });
}

/** The sample's events are generated once and kept beside other caches; an unwritable cache falls back to the temporary folder. */
async function sampleFile(env: OpenOptions['env']): Promise<string> {
  const { writeSampleFile } = await import('./sample/file.ts');
  const cache = path.join(env.XDG_CACHE_HOME ?? path.join(env.HOME ?? tmpdir(), '.cache'), 'posthog-trace-optimizer');
  try {
    await mkdir(cache, { recursive: true });
    return await writeSampleFile(cache);
  } catch {
    return writeSampleFile(tmpdir());
  }
}
