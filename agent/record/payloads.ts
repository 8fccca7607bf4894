import { createHash, randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../../lib/errors.ts';
import { ioError } from '../../lib/files.ts';

/** The folder beside the log. */
export const PAYLOADS = 'payloads';
const SHA256 = /^[0-9a-f]{64}$/u;

/** The name of a payload. */
export function digestOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The name of a JSON value's payload. */
export function digestOfJson(value: unknown): string {
  return digestOf(JSON.stringify(value) ?? 'null');
}

/**
 * What is too large for a line of the log: query results, model requests and answers, versions of artifacts. Each is a file named by its
 * SHA-256 (`payloads/ab/abcd…`), so that the same content is kept once and nothing can change unseen.
 */
export class Payloads {
  readonly #root: string;
  readonly #scrub: <T>(value: T) => T;
  #unsynced: string[] = [];

  /** @param scrub takes secrets out of everything that is kept as JSON */
  constructor(resultsDir: string, scrub: <T>(value: T) => T = (value) => value) {
    this.#root = path.join(resultsDir, PAYLOADS);
    this.#scrub = scrub;
  }

  /** @returns the digest by which it is found again. @throws RunbookError `log` */
  put(content: string | Buffer): string {
    const sha256 = digestOf(content);
    const file = this.#fileOf(sha256);
    if (existsSync(file)) return sha256;
    try {
      mkdirSync(path.dirname(file), { recursive: true });
      const temporary = `${file}.${randomUUID().slice(0, 8)}.tmp`;
      const fd = openSync(temporary, 'w');
      try {
        const data = Buffer.from(content);
        for (let done = 0; done < data.length; ) done += writeSync(fd, data, done);
      } finally {
        closeSync(fd);
      }
      renameSync(temporary, file);
    } catch (cause) {
      throw logError(file, cause);
    }
    this.#unsynced.push(file);
    return sha256;
  }

  /** A JSON value, without secrets. */
  putJson(value: unknown): string {
    return this.put(JSON.stringify(this.#scrub(value)) ?? 'null');
  }

  /** A text, without secrets. */
  putText(text: string): string {
    return this.put(this.#scrub(text));
  }

  /** @throws RunbookError `log` where it is not there or is not what its name says */
  get(sha256: string): Buffer {
    const file = SHA256.test(sha256) ? this.#fileOf(sha256) : '';
    if (file === '' || !existsSync(file)) throw damaged(`${PAYLOADS}/ holds no ${sha256}`);
    const content = readFileSync(file);
    if (digestOf(content) !== sha256) throw damaged(`${PAYLOADS}/ holds something else as ${sha256}`);
    return content;
  }

  getJson(sha256: string): unknown {
    return JSON.parse(this.get(sha256).toString('utf8'));
  }

  has(sha256: string): boolean {
    return SHA256.test(sha256) && existsSync(this.#fileOf(sha256));
  }

  /** Waits until the disk has what was put since the last time. @throws RunbookError `log` */
  sync(): void {
    for (const file of this.#unsynced.splice(0)) {
      try {
        const fd = openSync(file, 'r');
        try {
          fsyncSync(fd);
        } finally {
          closeSync(fd);
        }
      } catch (cause) {
        throw logError(file, cause);
      }
    }
  }

  #fileOf(sha256: string): string {
    return path.join(this.#root, placeOf(sha256));
  }
}

/** Where a payload lies below the folder. */
export function placeOf(sha256: string): string {
  return `${sha256.slice(0, 2)}/${sha256}`;
}

/** Whether a value is the name of a payload. */
export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && SHA256.test(value);
}

function damaged(what: string): RunbookError {
  return new RunbookError('log', `The record of the run is damaged: ${what}.`, {
    at: PAYLOADS,
    hint: 'Take the run from a copy, or make it again.',
  });
}

function logError(file: string, cause: unknown): RunbookError {
  const { message, hint } = ioError(file, cause);
  return new RunbookError('log', message, { at: file, cause, ...(hint ? { hint } : {}) });
}
