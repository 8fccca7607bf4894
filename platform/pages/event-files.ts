import { open } from 'node:fs/promises';
import { constants, gunzipSync } from 'node:zlib';
import { RunbookError } from '../../lib/errors.ts';
import { MAX_BYTES, type SentFile } from '../api/form.ts';
import type { Platform } from '../api/platform.ts';
import { keptFor } from '../api/uploads.ts';
import type { Collection } from '../store/collections.ts';
import type { PageContext } from './session.ts';

/** The name of the field, and the choice of a source that it is of. */
export const FILES = 'files';
/** Endings that a browser offers; what a file holds decides. */
export const ENDINGS = '.jsonl,.ndjson,.json,.parquet,.gz,.zst';
/** For people. */
export const FORMATS = `JSON lines, a JSON array or Parquet, also as .gz or .zst; ${MAX_BYTES / 1e6} MB at most.`;

const MOST_FILES = 20;
/** Enough for a line of an event, and little where it unpacks to a thousand times as much. */
const HEAD = 8 * 1024;

/**
 * The files of a form whose source they are; none where it has another one.
 * @throws RunbookError `usage` at the field, where a file holds no events that could be read
 */
export async function eventFilesIn(c: PageContext, { source }: Readonly<Record<string, string>>): Promise<SentFile[]> {
  if (source !== FILES) return [];
  // A field that was left empty sends a file without a name.
  const files = (c.get('form')?.files ?? []).filter(({ field, name }) => field === FILES && name !== '');
  if (files.length === 0) throw wrong('Choose a file of events.');
  if (files.length > MOST_FILES) throw wrong(`${MOST_FILES} files are the most.`);
  for (const file of files) {
    const why = whyNoEvents(file.name, await headOf(file), file.bytes > HEAD);
    if (why !== undefined) throw wrong(`${file.name} ${why}`);
  }
  return files;
}

/**
 * Keeps the files for some work, and lets them go where nothing comes of it.
 * @param work is told what of `init_params` they are: nothing where there are none
 */
export function keptSource<T>(
  platform: Platform,
  { collection: { id: collectionId, name: collection }, files }: { collection: Collection; files: readonly SentFile[] },
  work: (kept: { source?: string[] }) => Promise<T>,
): Promise<T> {
  return keptFor(platform, { collectionId, collection, files }, (source) => work(source.length > 0 ? { source } : {}));
}

async function headOf({ at }: SentFile): Promise<Buffer> {
  const file = await open(at);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function wrong(message: string): RunbookError {
  return new RunbookError('usage', message, { at: FILES });
}

/** A first look, so that a wrong file is told at once and not by its run; undefined where nothing speaks against it. */
function whyNoEvents(name: string, head: Buffer, isCut: boolean): string | undefined {
  if (head.length === 0) return 'is empty.';
  const magic = head.subarray(0, 4).toString('hex');
  if (magic.startsWith('425a68')) return 'is compressed with bzip2, which is not read: use gzip.';
  if (magic.startsWith('1f8b')) return whyNoGzip(head, isCut);
  if (PACKED.includes(magic) || name.endsWith('.br')) return undefined;
  return whyNoText(head.toString('utf8'), isCut);
}

/** First bytes of what the engine reads and is no text: Parquet, zstd, xz, lz4. */
const PACKED = ['50415231', '28b52ffd', 'fd377a58', '04224d18'];
/** No more can come of the head: a byte of gzip stands for 1032 at most. */
const MOST_UNPACKED = 1100 * HEAD;

function whyNoGzip(head: Buffer, isCut: boolean): string | undefined {
  try {
    const whole = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: MOST_UNPACKED };
    return whyNoText(gunzipSync(head, whole).toString('utf8'), isCut);
  } catch {
    return 'is damaged: it cannot be unpacked.';
  }
}

function whyNoText(text: string, isCut: boolean): string | undefined {
  if (!/^\uFEFF?\s*[[{]/u.test(text)) return 'is no JSON: CSV and other texts are not read.';
  return isCut || text.includes('"event"') ? undefined : 'holds no events: nothing in it has an "event".';
}
