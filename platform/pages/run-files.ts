import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { Hono } from 'hono';
import { figurePath } from '../../tools/report-page/figures.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';

import { contentTypeOf } from '../api/trajectory.ts';
import { outlineIn } from '../work/outlines.ts';
import { plainFileIn, runFolder } from '../work/results.ts';

import { runFor } from './run-access.ts';
import type { PageContext, PageEnv } from './session.ts';

/** A drawing may have styles of its own, and nothing else. */
const FIGURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** Files of a run, for download; figures to look at. Both may be what a model wrote. */
export function fileRoutes(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get('/:collection/:task/:trajectory{[0-9a-f]{8}}/files/:file{.+}', async (c) => {
    const file = c.req.param('file');
    const name = path.basename(file).replaceAll(/[^\w.-]/gu, '_');
    return sent(platform, c, file, {
      'content-security-policy': 'sandbox',
      'content-disposition': `attachment; filename="${name}"`,
    });
  });
  pages.get('/:collection/:task/:trajectory{[0-9a-f]{8}}/figures/:figure', async (c) => {
    const file = figurePath(`figures/${c.req.param('figure')}`);
    if (file === undefined) throw refusal(404, 'There is no such figure.');
    return sent(platform, c, file, { 'content-security-policy': FIGURE_POLICY });
  });
}

async function sent(platform: Platform, c: PageContext, file: string, headers: Record<string, string>) {
  const { run } = await runFor(platform, c);
  if (!outlineIn(runFolder(platform, run))?.files.includes(file)) throw refusal(404, 'There is no such file.');
  const found = plainFileIn(runFolder(platform, run), file);
  if (!found) throw refusal(404, 'This file is gone.');
  return c.body(Readable.toWeb(createReadStream(found.at)) as ReadableStream, 200, {
    'content-type': contentTypeOf(path.extname(file)),
    'content-length': String(found.size),
    ...headers,
  });
}
