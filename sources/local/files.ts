import { accessSync, closeSync, constants, openSync, readdirSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { messageOf, RunbookError } from '../../lib/errors.ts';

const EVENT_FILE = /\.(?:jsonl|ndjson|json|parquet)(?:\.(?:gz|gzip|zst|zstd|br|bz2|xz|lz4))?$/iu;

/** What a user may give, for messages. */
export const FORMATS =
  'JSON lines (.jsonl, .jsonl.gz, .jsonl.zst …), a JSON array (.json) or Parquet, as PostHog batch exports write them';

/** An event file, and how the engine is to read it. */
export interface EventFile {
  path: string;
  name: string;
  kind: 'json' | 'parquet';
  /** The engine's name of the compression. */
  compression: 'none' | 'gzip' | 'zstd' | 'br' | 'bz2' | 'xz' | 'lz4';
}

/**
 * The event files that the given paths stand for: files as they are, folders with every event file below them, in the order of their names.
 * A file that is named twice counts once.
 * @throws RunbookError `usage` naming the path that is missing, cannot be read or holds no event file
 */
export function eventFiles(paths: readonly string[]): EventFile[] {
  const found = paths.flatMap((given) => {
    const full = path.resolve(given);
    const stat = statOf(given, full);
    if (stat.isFile()) return [full];
    if (!stat.isDirectory()) throw new RunbookError('usage', `${given} is neither a file nor a folder.`, { at: given });
    const inside = listFolder(given, full).filter(
      (name) => EVENT_FILE.test(name) && path.basename(name) !== 'manifest.json',
    );
    if (inside.length > 0) return inside.sort().map((name) => path.join(full, name));
    throw new RunbookError('usage', `${given}: the folder holds no event files.`, {
      at: given,
      hint: `Expected ${FORMATS}.`,
    });
  });
  return [...new Set(found)].map(recognise);
}

function statOf(given: string, full: string) {
  try {
    return statSync(full);
  } catch (cause) {
    const missing = ['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '');
    throw new RunbookError(
      'usage',
      missing ? `${given}: there is no such file or folder.` : `${given} cannot be read: ${messageOf(cause)}`,
      { at: given, cause, hint: 'Check the path given to --source.' },
    );
  }
}

/** Regular files below a folder; links to files count, links to folders are not followed. */
function listFolder(given: string, full: string): string[] {
  try {
    return readdirSync(full, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(path.join(full, name), { throwIfNoEntry: false })?.isFile(),
    );
  } catch (cause) {
    throw unreadable(given, cause);
  }
}

function unreadable(file: string, cause: unknown): RunbookError {
  return new RunbookError('usage', `${file} cannot be read: ${messageOf(cause)}`, {
    at: file,
    cause,
    hint: 'Check who may read it.',
  });
}

/** First bytes of each compression, so that a file with a wrong or no ending is still read; brotli has none. */
const MAGIC: [EventFile['compression'], number[]][] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['bz2', [0x42, 0x5a, 0x68]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
];

function recognise(file: string): EventFile {
  const head = Buffer.alloc(6);
  try {
    accessSync(file, constants.R_OK);
    const handle = openSync(file, 'r');
    try {
      readSync(handle, head, 0, head.length, 0);
    } finally {
      closeSync(handle);
    }
  } catch (cause) {
    throw unreadable(file, cause);
  }
  const name = path.basename(file);
  if (head.subarray(0, 4).toString('latin1') === 'PAR1' || /\.parquet$/iu.test(file))
    return { path: file, name, kind: 'parquet', compression: 'none' };
  const magic = MAGIC.find(([, bytes]) => bytes.every((byte, index) => head[index] === byte))?.[0];
  return { path: file, name, kind: 'json', compression: magic ?? (/\.br$/iu.test(file) ? 'br' : 'none') };
}
