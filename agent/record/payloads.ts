import { createHash, randomUUID } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../../lib/errors.ts';
import { ioError, syncFile, syncFolder } from '../../lib/files.ts';

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
  readonly #ownerOf: (sha256: string) => string | undefined;
  /** Files that this process wrote or found whole. */
  readonly #kept = new Set<string>();
  #unsynced: string[] = [];

  /**
   * @param scrub takes secrets out of everything that is kept as JSON
   * @param ownerOf says for what a payload is kept, where one is damaged
   */
  constructor(
    resultsDir: string,
    scrub: <T>(value: T) => T = (value) => value,
    ownerOf: (sha256: string) => string | undefined = () => undefined,
  ) {
    this.#root = path.join(resultsDir, PAYLOADS);
    this.#scrub = scrub;
    this.#ownerOf = ownerOf;
  }

  /**
   * What an earlier process left is mended where it is not whole, and synced once more: nobody knows whether the disk has it.
   * @returns the digest by which it is found again
   * @throws RunbookError `log`
   */
  put(content: string | Buffer): string {
    const data = Buffer.from(content);
    const sha256 = digestOf(data);
    const file = this.#fileOf(sha256);
    if (this.#kept.has(file) && existsSync(file)) return sha256;
    try {
      if (!holds(file, data)) write(file, data);
    } catch (cause) {
      throw logError(file, cause);
    }
    this.#kept.add(file);
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
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw this.#damaged(`no ${sha256}`, sha256);
    const content = readFileSync(file);
    if (digestOf(content) !== sha256) throw this.#damaged(`something else as ${sha256}`, sha256);
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
    const files = this.#unsynced.splice(0);
    for (const file of files) {
      try {
        syncFile(file);
      } catch (cause) {
        throw logError(file, cause);
      }
    }
    if (files.length === 0) return;
    const folders = new Set([...files.map((file) => path.dirname(file)), this.#root, path.dirname(this.#root)]);
    for (const folder of folders) syncFolder(folder);
  }

  #damaged(what: string, sha256: string): RunbookError {
    const owner = this.#ownerOf(sha256);
    const named = owner === undefined ? what : `${what} (${owner})`;
    return new RunbookError('log', `The record of the run is damaged: ${PAYLOADS}/ holds ${named}.`, {
      at: PAYLOADS,
      hint: 'Take the run from a copy, or make it again.',
    });
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

/** A power cut may have left a file with less than was written. */
function holds(file: string, data: Buffer): boolean {
  return statSync(file, { throwIfNoEntry: false })?.size === data.length && readFileSync(file).equals(data);
}

function write(file: string, data: Buffer): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID().slice(0, 8)}.tmp`;
  const fd = openSync(temporary, 'w');
  try {
    for (let done = 0; done < data.length; ) done += writeSync(fd, data, done);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, file);
}

function logError(file: string, cause: unknown): RunbookError {
  const { message, hint } = ioError(file, cause);
  return new RunbookError('log', message, { at: file, cause, ...(hint ? { hint } : {}) });
}
