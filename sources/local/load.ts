import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import type { SourceNotice } from '../source.ts';
import { dropDuplicates } from './duplicates.ts';
import type { Engine } from './engine.ts';
import { type EventFile, FORMATS } from './files.ts';
import { stringLiteral } from './hogql/literals.ts';
import { insertEvents, isAiEventsExport, jsonRows, parquetRows } from './load-sql.ts';
import { type Rescue, rescueRows } from './rescue.ts';
import { createAiEvents, createEvents, ROW } from './schema-sql.ts';

/** Makes the tables that a load fills. */
export async function createTables(engine: Engine): Promise<void> {
  await engine.run(createEvents('events'));
  await engine.run(createAiEvents());
}

/**
 * Loads the files into `events`.
 * @returns what a reader of the report must know about them
 * @throws RunbookError `not_events` naming the file that holds no events, `usage` for a damaged one, `interrupted`
 */
export async function loadFiles(engine: Engine, files: EventFile[], signal?: AbortSignal): Promise<SourceNotice[]> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'posthog-trace-optimizer-'));
  try {
    const notices: SourceNotice[] = [];
    for (const [index, file] of files.entries())
      notices.push(...(await loadFile(engine, file, scratch, index, signal)));
    const duplicates = await dropDuplicates(engine, signal);
    if (duplicates > 0) {
      notices.push({
        code: 'duplicates_dropped',
        count: duplicates,
        message: `${duplicates} duplicate events (same event, distinct_id and uuid) were dropped.`,
      });
    }
    return notices;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function loadFile(
  engine: Engine,
  file: EventFile,
  scratch: string,
  index: number,
  signal?: AbortSignal,
): Promise<SourceNotice[]> {
  // The engine reads a link with a name of ours: no part of the user's path comes into SQL, where * and { would be patterns.
  const link = path.join(scratch, `file-${index}`);
  symlinkSync(file.path, link);
  const before = await countRows(engine, ROW.good);
  let rescue: Rescue;
  try {
    const reader = await readerOf(engine, file, link, signal);
    if (!reader) return [{ code: 'file_empty', count: 0, message: `${file.name} is empty.` }];
    await engine.run(insertEvents(reader.rows, false), signal);
    rescue = await rescueRows(
      engine,
      reader.from,
      async (lines) => {
        const mended = path.join(scratch, `mended-${index}`);
        writeFileSync(mended, lines);
        await engine.run(insertEvents(jsonRows(jsonLines(mended, 'none'), reader.aiExport), true), signal);
        rmSync(mended);
      },
      signal,
    );
  } catch (cause) {
    throw loadError(file, cause);
  }
  const loaded = (await countRows(engine, ROW.good)) - before;
  if (loaded === 0 && rescue.skipped === 0)
    return [{ code: 'file_empty', count: 0, message: `${file.name} is empty.` }];
  if (loaded === 0)
    throw notEvents(file, `none of its ${rescue.skipped} lines is an event with "event" and "timestamp"`);
  return rescue.skipped === 0 ? [] : [skippedNotice(file, rescue, loaded)];
}

function skippedNotice(file: EventFile, { skipped, lineNumbers }: Rescue, loaded: number): SourceNotice {
  const more = skipped > lineNumbers.length ? ' …' : '';
  const where = lineNumbers.length > 0 ? ` (line ${lineNumbers.join(', ')}${more})` : '';
  return {
    code: 'lines_skipped',
    count: skipped,
    message: `${skipped} of ${loaded + skipped} ${file.kind === 'parquet' ? 'rows' : 'lines'} of ${file.name} could not be read as events and were skipped${where}.`,
  };
}

interface Reader {
  /** The table function that reads the file. */
  from: string;
  rows: string;
  /** Whether its JSON lines are those of an `ai_events` export. */
  aiExport: boolean;
}

function fileFunction(link: string, format: string, structure: string, compression: string): string {
  if (/[*?{}]/u.test(link)) {
    throw new RunbookError('config', `The temporary folder ${path.dirname(link)} has *, ?, { or } in its name.`, {
      hint: 'Set TMPDIR to a folder without these characters.',
    });
  }
  return `file(${stringLiteral(link)}, '${format}', ${stringLiteral(structure)}, '${compression}')`;
}

const jsonLines = (link: string, compression: string) => fileFunction(link, 'LineAsString', 'line String', compression);

/** How to read a file, found out from its beginning; undefined where there is nothing in it. */
async function readerOf(
  engine: Engine,
  file: EventFile,
  link: string,
  signal?: AbortSignal,
): Promise<Reader | undefined> {
  if (file.kind === 'parquet') {
    const from = fileFunction(link, 'Parquet', 'auto', 'none');
    const columns = (await engine.rows(`DESCRIBE TABLE ${from}`, signal)).map(([name]) => String(name));
    if (!columns.includes('event') || !columns.includes('timestamp'))
      throw notEvents(file, 'it has no columns "event" and "timestamp"');
    return { from, rows: parquetRows(from, columns), aiExport: false };
  }
  if (file.compression === 'bz2') {
    throw new RunbookError('usage', `${file.path} is compressed with bzip2, which the engine does not read.`, {
      at: file.path,
      hint: 'Unpack it with bunzip2, or compress it with gzip or zstd.',
    });
  }
  const head = await engine.rows(
    `SELECT c FROM ${fileFunction(link, 'RowBinary', 'c UInt8', file.compression)} LIMIT 256`,
    signal,
  );
  if (head.length === 0) return undefined;
  const first = Buffer.from(head.map(([byte]) => Number(byte)))
    .toString('latin1')
    .replace(/^\u00EF\u00BB\u00BF/u, '')
    .trimStart();
  const from = /^\[\s*(?:[{\]]|$)/u.test(first)
    ? fileFunction(link, 'JSONAsString', 'line String', file.compression)
    : jsonLines(link, file.compression);
  const [[keys] = []] = await engine.rows(
    `SELECT JSONExtractKeys(line) FROM ${from} WHERE JSONHas(line, 'event') LIMIT 1`,
    signal,
  );
  const aiExport = Array.isArray(keys) && isAiEventsExport(keys.map(String));
  return { from, rows: jsonRows(from, aiExport), aiExport };
}

async function countRows(engine: Engine, row: number): Promise<number> {
  const [[count = 0] = []] = await engine.rows(`SELECT count() FROM events WHERE _row = ${row}`);
  return Number(count);
}

function notEvents(file: EventFile, why: string, cause?: unknown): RunbookError {
  return new RunbookError('not_events', `${file.path} holds no events that can be read: ${why}.`, {
    at: file.path,
    hint: `Expected ${FORMATS}.`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The engine's failure while reading: damaged compression is told from text that is no JSON. */
function loadError(file: EventFile, cause: unknown): RunbookError {
  if (cause instanceof RunbookError && cause.code !== 'hogql') return cause;
  const message = messageOf(cause);
  if (/INFLATE|ZSTD|BROTLI|LZMA|LZ4|BZ2|CANNOT_DECOMPRESS|CANNOT_READ_ALL_DATA|UNEXPECTED_END/u.test(message)) {
    return new RunbookError('not_events', `${file.path} is damaged or cut off: ${message}`, {
      at: file.path,
      cause,
      hint: 'Download or copy the file again.',
    });
  }
  if (/NOT_ENOUGH_SPACE|CANNOT_WRITE|No space left|ENOSPC/u.test(message)) {
    return new RunbookError('io', `${file.path} cannot be loaded: ${message}`, {
      at: file.path,
      cause,
      hint: 'Free some disk space, or move the cache with XDG_CACHE_HOME.',
    });
  }
  if (/INCORRECT_DATA|PARSE|PARQUET|EXTRACT_TABLE_STRUCTURE|UNKNOWN_FORMAT|STD_EXCEPTION/u.test(message))
    return notEvents(file, message, cause);
  return new RunbookError('source_unavailable', `${file.path} cannot be loaded: ${message}`, { at: file.path, cause });
}
