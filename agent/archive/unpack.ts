import { appendFileSync, createReadStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Parser, ReadEntry } from 'tar';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import { inside } from '../record/inside.ts';
import { EVENTS } from '../results.ts';
import { LIMITS, megabytes } from './limits.ts';

interface Limits {
  files: number;
  bytes: number;
}

/** With it a compressed file begins. */
const GZIP = 0x1f;

/**
 * Unpacks an archive, which may come from anywhere: plain files inside the folder, each once, and no more than the limits.
 * @param folder an empty one; where the archive is refused, a part of it may be there
 * @throws RunbookError `usage` for what is no archive of a run, `log` for a file outside the folder
 */
export async function unpackRun(file: string, folder: string, limits: Limits = LIMITS): Promise<void> {
  const { Parser } = await import('tar');
  try {
    const parser = new Parser({ strict: true, zstd: false });
    await pipeline(createReadStream(file), createGunzip(), unpacking(parser, folder, limits));
  } catch (cause) {
    throw cause instanceof RunbookError ? cause : refused(messageOf(cause), { at: file, cause });
  }
  if (!existsSync(path.join(folder, EVENTS))) throw refused(`it holds no ${EVENTS}`, { at: file });
}

/** Takes the bytes of a tar. Its entries come while a chunk is written to the parser, so that nothing is read beyond the first fault. */
function unpacking(parser: Parser, folder: string, limits: Limits): Writable {
  let fault: Error | null = null;
  let files = 0;
  let bytes = 0;
  const attempt = (work: () => void) => {
    try {
      if (fault === null) work();
    } catch (error) {
      fault = error as Error;
    }
  };
  parser.on('error', (error: Error) => attempt(() => fail(error.message)));
  parser.on('ignoredEntry', (entry: ReadEntry) => attempt(() => assertFile(entry)));
  parser.on('entry', (entry: ReadEntry) => {
    files += 1;
    attempt(() => {
      if (files > limits.files) fail(`it holds more than ${limits.files} files`);
      write(entry, folder, attempt);
    });
    entry.resume();
  });
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      attempt(() => {
        // The parser would unpack it once more, unmeasured.
        if (bytes === 0 && chunk[0] === GZIP) fail('it is compressed twice');
        bytes += chunk.length;
        if (bytes > limits.bytes) fail(`it holds more than ${megabytes(limits.bytes)}`);
        parser.write(chunk);
      });
      done(fault);
    },
    final(done) {
      attempt(() => parser.end());
      done(fault);
    },
  });
}

function write(entry: ReadEntry, folder: string, attempt: (work: () => void) => void): void {
  assertFile(entry);
  const full = inside(folder, entry.path);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, '', { flag: 'wx' });
  entry.on('data', (data: Buffer) => attempt(() => appendFileSync(full, data)));
}

function assertFile({ type, path: name }: ReadEntry): void {
  if (type !== 'File') fail(`${JSON.stringify(name)} is no file (${type})`);
}

function fail(why: string): never {
  throw refused(why);
}

function refused(why: string, details: { at?: string; cause?: unknown } = {}): RunbookError {
  return new RunbookError('usage', `This is no archive of a run: ${why}.`, {
    ...details,
    hint: 'Give a file that `runbook export` wrote.',
  });
}
