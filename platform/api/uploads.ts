import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Db } from '../database/pool.ts';
import { addUpload, type Upload } from '../store/uploads.ts';
import type { SentFile } from './form.ts';
import type { Platform } from './platform.ts';

const MAX_NAME = 120;

/**
 * Keeps files that a client sent, under names of ours: nothing of a name that it gave can lead out of the folder.
 * @returns what they are called from now on, in their order
 */
export async function keepFiles(
  { uploadsDir }: Pick<Platform, 'uploadsDir'>,
  db: Db,
  { collectionId, collection, files }: { collectionId: string; collection: string; files: readonly SentFile[] },
): Promise<{ id: string; uploads: Upload[] }> {
  const id = randomBytes(8).toString('hex');
  const folder = path.join(uploadsDir, collectionId, id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const uploads: Upload[] = [];
    for (const [index, file] of files.entries()) {
      const name = `${String(index).padStart(2, '0')}-${safeName(file.name)}`;
      await rename(file.at, path.join(folder, name));
      const stored = `${collection}/_sandbox_uploads/${id}/${name}`;
      uploads.push(await addUpload(db, { collectionId, path: stored, name: safeName(file.name), bytes: file.bytes }));
    }
    return { id, uploads };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The last part of a name, of plain characters; `.env` and `..` lose their dots. */
function safeName(name: string): string {
  const last = name.split(/[/\\]/u).at(-1) ?? '';
  const plain = last.replaceAll(/[^\w.-]+/gu, '_').replace(/^\.+/u, '');
  return plain.slice(-MAX_NAME) || 'file';
}
