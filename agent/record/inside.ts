import path from 'node:path';
import { RunbookError } from '../../lib/errors.ts';

/** The absolute path of a file that a record names. @throws RunbookError `log` for one outside the folder: a record may come from anywhere */
export function inside(folder: string, file: string): string {
  const root = path.resolve(folder);
  const full = path.resolve(root, file);
  const isHidden = file.split('/').some((part) => part.startsWith('.'));
  if (full.startsWith(root + path.sep) && !path.isAbsolute(file) && !isHidden && !file.includes('\\')) return full;
  throw new RunbookError('log', `The record names the file ${JSON.stringify(file)}, which lies outside its folder.`, {
    at: file,
    hint: 'The record was changed: do not use it.',
  });
}
