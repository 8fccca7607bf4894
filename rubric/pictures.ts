import path from 'node:path';
import { pictureProblem } from './artifacts.ts';
import type { Block } from './markdown.ts';

/** What is wrong with the pictures that a report shows: each must be a picture of the results dir, a chart beside its other format. */
export function pictureFaults(dir: string, blocks: readonly Block[]): string[] {
  const shown = blocks.flatMap((block) => (block.kind === 'code' ? [] : (block.pictures ?? [])));
  return shown.flatMap(({ text: url, line }) => {
    if (isElsewhere(url)) return [`recommendations.md:${line}: ${url} is no file of the results dir`];
    const file = path.posix.normalize(url);
    if (file.startsWith('..') || path.posix.isAbsolute(file))
      return [`recommendations.md:${line}: ${url} leads out of the results dir`];
    const files = /^figures\/.*\.(?:svg|png)$/u.test(file)
      ? ['.svg', '.png'].map((ext) => file.replace(/\.\w+$/u, ext))
      : [file];
    return files.flatMap((each) => pictureProblem(dir, each) ?? []);
  });
}

/** Whether an address has a scheme or a host. */
export function isElsewhere(url: string): boolean {
  return /^\s*(?:[a-z][a-z0-9+.-]*:|[/\\]{2})/iu.test(url);
}
