import path from 'node:path';
import { RunbookError } from '../../lib/errors.ts';

/** The absolute path of a file in a folder; undefined for a name that leads out of it, is hidden, or is none on every system. */
export function placeInside(folder: string, file: string): string | undefined {
  const root = path.resolve(folder);
  const full = path.resolve(root, file);
  const isHidden = file.split('/').some((part) => part.startsWith('.'));
  const isInside = full.startsWith(root + path.sep) && !path.isAbsolute(file) && !isHidden && !/[\\\0]/u.test(file);
  return isInside ? full : undefined;
}

/** The absolute path of a file that a record names. @throws RunbookError `log` for one outside the folder: a record may come from anywhere */
export function inside(folder: string, file: string): string {
  const full = placeInside(folder, file);
  if (full !== undefined) return full;
  throw new RunbookError('log', `The record names the file ${JSON.stringify(file)}, which lies outside its folder.`, {
    at: file,
    hint: 'The record was changed: do not use it.',
  });
}
