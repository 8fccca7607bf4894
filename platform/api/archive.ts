import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { outlineIn } from '../work/outlines.ts';
import { plainFileIn, runFolder } from '../work/results.ts';
import { runFor } from './auth.ts';
import type { Platform } from './platform.ts';
import { type Api, createRoute, ofRun, REFUSALS } from './route.ts';
import { namesOf } from './runs.ts';
import { storedFiles } from './trajectory.ts';
import { Waiting } from './waiting.ts';

const download = createRoute({
  method: 'get',
  path: '/api/v1/trajectory/{collection}/{task}/{trajectory}/download',
  request: { params: ofRun },
  responses: {
    200: { description: 'A zip of what the run left, under its stored names', content: { 'application/zip': {} } },
    ...REFUSALS,
  },
});

/** Downloads at once: each holds a file open. */
const MOST_DOWNLOADS = { each: 20, all: 100 };

/** What a run left, as one file; of one that goes on, what it has left so far. */
export function archiveRoutes(api: Api, platform: Platform): void {
  const downloads = new Waiting(MOST_DOWNLOADS);
  api.openapi(download, async (c) => {
    const { collection, task, run } = await runFor(platform, c.get('token'), c.req.valid('param'));
    const dir = runFolder(platform, run);
    const files = storedFiles(namesOf(collection, task), run, outlineIn(dir)).map(({ file, path: stored }) => ({
      open: () => plainFileIn(dir, file),
      name: path.posix.basename(stored).replaceAll(/[\\\p{Cc}]/gu, '_'),
    }));
    const leave = downloads.enter(collection.id);
    const zip = await zipOf(files);
    zip.once('close', leave);
    return c.body(Readable.toWeb(zip) as ReadableStream, 200, {
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="${run.trajectoryId}.zip"`,
    });
  });
}

interface Packed {
  name: string;
  /** Where it lies and how much of it there is, when it comes to it; undefined where it is gone meanwhile. */
  open(): { at: string; size: number } | undefined;
}

/** Files as a zip that is made while it is read: of a file that grows what is there, and one file open at a time. */
async function zipOf(files: readonly Packed[]): Promise<Readable> {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  let current: Readable | undefined;
  for (const { name, open } of files)
    zip.addReadStreamLazy(name, (take) => {
      const found = open();
      current = found && found.size > 0 ? createReadStream(found.at, { end: found.size - 1 }) : Readable.from([]);
      take(null, current);
    });
  zip.end();
  // A zip without its end is no zip: who reads it sees that.
  zip.on('error', (error) => output.destroy(error as unknown as Error));
  // Who reads it may go away: nobody would close the file.
  output.once('close', () => current?.destroy());
  return output;
}
