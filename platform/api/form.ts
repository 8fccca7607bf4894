import { setMaxListeners } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { Busboy, type BusboyInstance } from '@fastify/busboy';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { refusal } from './errors.ts';

/** Of a whole form: exported events. */
export const MAX_BYTES = 256_000_000;
/** A runbook among the parameters has tens of kilobytes. */
const MAX_FIELD = 4_000_000;
const LIMITS = { fieldSize: MAX_FIELD, fields: 50, files: 100, headerPairs: 50, headerSize: 16_384 };

/** A file of a form. */
export interface SentFile {
  field: string;
  /** As the client calls it: anything. */
  name: string;
  bytes: number;
  /** Where it lies until it is kept. */
  at: string;
}

/** What a client sent as multipart/form-data. */
export interface Form {
  fields: Map<string, string>;
  files: SentFile[];
}

/**
 * Reads the form of a request as it comes: its files go to disk, and are gone when the work is over unless it has moved them.
 * @param uploadsDir where they lie meanwhile, so that they can be moved
 * @throws 400 for what is no form, 413 for one that is too large, 415 for another type
 */
export async function withForm<T>(c: Context, uploadsDir: string, work: (form: Form) => Promise<T>): Promise<T> {
  await mkdir(uploadsDir, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(path.join(uploadsDir, '.incoming-'));
  try {
    return await work(await readForm(c, folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readForm(c: Context, folder: string): Promise<Form> {
  const form: Form = { fields: new Map(), files: [] };
  const body = c.req.raw.body;
  if (!body) return form;
  const type = c.req.header('content-type') ?? '';
  if (!/^multipart\/form-data\s*;/iu.test(type)) throw refusal(415, 'A form is needed: multipart/form-data');
  if (Number(c.req.header('content-length') ?? 0) > MAX_BYTES) throw tooLarge();
  const failed = new AbortController();
  setMaxListeners(2 * LIMITS.files, failed.signal);
  const written: Promise<void>[] = [];
  try {
    const parser = parserInto(form, { type, folder, written, signal: failed.signal });
    await pipeline(Readable.fromWeb(body as ReadableStream), bounded, parser);
    await Promise.all(written);
    return form;
  } catch (error) {
    failed.abort();
    await Promise.allSettled(written);
    if (error instanceof HTTPException) throw error;
    throw refusal(400, 'The form cannot be read: it is malformed, or was cut off');
  }
}

function parserInto(
  { fields, files }: Form,
  { type, folder, written, signal }: { type: string; folder: string; written: Promise<void>[]; signal: AbortSignal },
): BusboyInstance {
  const isPartAFile = (_field: string | undefined, _type: string | undefined, name: string | undefined) =>
    name !== undefined;
  const parser = new Busboy({ headers: { 'content-type': type }, limits: LIMITS, isPartAFile });
  parser.on('field', (name, value, _isNameCut, isCut) => {
    if (isCut) parser.destroy(tooLarge());
    else fields.set(name, value);
  });
  parser.on('file', (field, content, name) => {
    const file = { field, name: name ?? '', bytes: 0, at: path.join(folder, String(files.length)) };
    files.push(file);
    const write = pipeline(content, createWriteStream(file.at, { mode: 0o600 }), { signal }).then(() => {
      file.bytes = content.bytesRead;
    });
    // Who waits for all of them hears of it.
    write.catch(() => undefined);
    written.push(write);
  });
  for (const limit of ['fieldsLimit', 'filesLimit'] as const) parser.on(limit, () => parser.destroy(tooLarge()));
  return parser;
}

async function* bounded(chunks: AsyncIterable<Uint8Array>) {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > MAX_BYTES) throw tooLarge();
    yield chunk;
  }
}

function tooLarge(): HTTPException {
  return refusal(413, 'The form is too large');
}
