import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isUnanswered, transaction } from '../database/pool.ts';
import { addUpload, deleteUploads, type Upload } from '../store/uploads.ts';
import type { SentFile } from './form.ts';
import type { Platform } from './platform.ts';

const MAX_NAME = 120;

interface Sent {
  collectionId: string;
  collection: string;
  files: readonly SentFile[];
}

type Parts = Pick<Platform, 'pool' | 'uploadsDir'>;

/**
 * Keeps files that a client sent, under names of ours: nothing of a name that it gave can lead out of the folder.
 * @returns what they are called from now on, in their order
 */
export async function keepFiles(
  { pool, uploadsDir }: Parts,
  { collectionId, collection, files }: Sent,
): Promise<{ id: string; uploads: Upload[] }> {
  const id = randomBytes(8).toString('hex');
  const folder = path.join(uploadsDir, collectionId, id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const uploads = await transaction(pool, async (db) => {
      const kept: Upload[] = [];
      for (const [index, file] of files.entries()) {
        const name = `${String(index).padStart(2, '0')}-${safeName(file.name)}`;
        await rename(file.at, path.join(folder, name));
        const stored = `${collection}/_sandbox_uploads/${id}/${name}`;
        kept.push(await addUpload(db, { collectionId, path: stored, name: safeName(file.name), bytes: file.bytes }));
      }
      return kept;
    });
    return { id, uploads };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Keeps files for some work, and lets them go where nothing comes of it.
 * @param work is told what they are called from now on
 */
export async function keptFor<T>(parts: Parts, sent: Sent, work: (paths: string[]) => Promise<T>): Promise<T> {
  if (sent.files.length === 0) return work([]);
  const { id, uploads } = await keepFiles(parts, sent);
  try {
    return await work(uploads.map(({ path: stored }) => stored));
  } catch (error) {
    // What was done may have been done where the database did not come to say so.
    if (isUnanswered(error)) throw error;
    await deleteUploads(parts.pool, uploads).catch(() => undefined);
    await rm(path.join(parts.uploadsDir, sent.collectionId, id), { recursive: true, force: true });
    throw error;
  }
}

/** The last part of a name, of plain characters; `.env` and `..` lose their dots. */
function safeName(name: string): string {
  const last = name.split(/[/\\]/u).at(-1) ?? '';
  const plain = last.replaceAll(/[^\w.-]+/gu, '_').replace(/^\.+/u, '');
  return plain.slice(-MAX_NAME) || 'file';
}
