import path from 'node:path';
import { Readable } from 'node:stream';
import { runByTrajectory } from '../store/runs.ts';
import { outlineIn } from '../work/outlines.ts';
import { plainFileIn, runFolder } from '../work/results.ts';
import { taskFor } from './auth.ts';
import { refusal } from './errors.ts';
import type { Platform } from './platform.ts';
import { type Api, createRoute, ofRun, REFUSALS } from './route.ts';
import { namesOf } from './runs.ts';
import { storedFiles } from './trajectory.ts';

const download = createRoute({
  method: 'get',
  path: '/api/v1/trajectory/{collection}/{task}/{trajectory}/download',
  request: { params: ofRun },
  responses: {
    200: { description: 'A zip of what the run left, under its stored names', content: { 'application/zip': {} } },
    ...REFUSALS,
  },
});

/** What a run left, as one file. */
export function archiveRoutes(api: Api, platform: Platform): void {
  api.openapi(download, async (c) => {
    const { trajectory: trajectoryId, ...names } = c.req.valid('param');
    const { collection, task } = await taskFor(platform, c.get('token'), names);
    const ids = { collectionId: collection.id, taskId: task.id, trajectoryId };
    const run = await runByTrajectory(platform.pool, ids);
    if (!run) throw refusal(404, `Trajectory '${trajectoryId}' not found`);
    const dir = runFolder(platform, run);
    const files = storedFiles(namesOf(collection, task), run, outlineIn(dir)).flatMap(({ file, path: stored }) => {
      const found = plainFileIn(dir, file);
      return found ? [{ at: found.at, name: path.posix.basename(stored) }] : [];
    });
    return c.body(await zipOf(files), 200, {
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="${trajectoryId}.zip"`,
    });
  });
}

/** Files as a zip that is made while it is read. */
async function zipOf(files: readonly { at: string; name: string }[]): Promise<ReadableStream> {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  // One that goes away meanwhile breaks the answer off: a zip without its end is no zip.
  zip.on('error', (error) => output.destroy(error as unknown as Error));
  for (const { at, name } of files) zip.addFile(at, name);
  zip.end();
  return Readable.toWeb(output) as ReadableStream;
}
