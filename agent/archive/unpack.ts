import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Parser, ReadEntry } from 'tar';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import { EVENTS } from '../results.ts';
import { LIMITS, megabytes } from './limits.ts';
import { Members } from './members.ts';

interface Limits {
  files: number;
  bytes: number;
}

/** With it a compressed file begins. */
const GZIP = 0x1f;
/** Zeros behind the end: programs fill the last record of a tar with them. */
const RECORD = 10_240;

/**
 * Unpacks an archive, which may come from anywhere: plain files inside the folder, each once, and no more than the limits.
 * @param folder an empty one; where the archive is refused, a part of it may be there
 * @throws RunbookError `usage` for what is no archive of a run, `io` where it cannot be written
 */
export async function unpackRun(file: string, folder: string, limits: Limits = LIMITS): Promise<void> {
  const { Parser } = await import('tar');
  try {
    const parser = new Parser({ strict: true, zstd: false });
    const members = new Members(file, folder);
    await pipeline(createReadStream(file), createGunzip(), unpacking(parser, members, limits));
  } catch (cause) {
    throw cause instanceof RunbookError ? cause : refused(file, messageOf(cause), cause);
  }
  if (!existsSync(path.join(folder, EVENTS))) throw refused(file, `it holds no ${EVENTS}`);
}

/**
 * Takes the bytes of a tar. Its entries come while a chunk is written to the parser, so that nothing is read beyond the first fault.
 * What the parser cannot place, it keeps, and copies with each chunk: so it gets nothing that is no tar, and nothing behind the end.
 */
function unpacking(parser: Parser, members: Members, limits: Limits): Writable {
  let fault: Error | null = null;
  let bytes = 0;
  let behind: number | undefined;
  const attempt = (work: () => void) => {
    try {
      if (fault === null) work();
    } catch (error) {
      fault = error as Error;
    }
  };
  parser.on('error', (error: Error) => attempt(() => fail(error.message)));
  parser.on('ignoredEntry', (entry: ReadEntry) => attempt(() => assertFile(entry)));
  parser.on('nullBlock', () => attempt(() => assertBegun(members)));
  parser.on('eof', () => {
    behind = 0;
  });
  parser.on('entry', (entry: ReadEntry) => {
    attempt(() => {
      assertFile(entry);
      if (members.count === limits.files) fail(`it holds more than ${limits.files} files`);
      const write = members.add(entry.path);
      entry.on('data', (data: Buffer) => attempt(() => write(data)));
    });
    entry.resume();
  });
  const take = (chunk: Buffer) => {
    // The parser would unpack it once more, unmeasured.
    if (bytes === 0 && chunk[0] === GZIP) fail('it is compressed twice');
    bytes += chunk.length;
    if (bytes > limits.bytes) fail(`it holds more than ${megabytes(limits.bytes)}`);
    if (behind === undefined) {
      parser.write(chunk);
      return;
    }
    behind += chunk.length;
    if (behind > RECORD) fail('something follows its end');
  };
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      attempt(() => take(chunk));
      done(fault);
    },
    final(done) {
      attempt(() => parser.end());
      done(fault);
    },
  });
}

function assertFile({ type, path: name }: ReadEntry): void {
  if (type !== 'File') fail(`${JSON.stringify(name)} is no file (${type})`);
}

function assertBegun({ count }: Members): void {
  if (count === 0) fail('it begins with zeros instead of a file');
}

function fail(why: string): never {
  throw new Error(why);
}

function refused(file: string, why: string, cause?: unknown): RunbookError {
  return new RunbookError('usage', `${file} is no archive of a run: ${why}.`, {
    at: file,
    cause,
    hint: 'Give a file that `runbook export` wrote.',
  });
}
