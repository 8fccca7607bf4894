import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Hono } from 'hono';
import { packageRoot } from '../../lib/package-root.ts';
import type { PageEnv } from './session.ts';

const TYPES = {
  'style.css': 'text/css; charset=utf-8',
  'keys.js': 'text/javascript; charset=utf-8',
  'live.js': 'text/javascript; charset=utf-8',
} as const;

/** The style sheet and the scripts, which need no login. */
export function assetRoutes(pages: Hono<PageEnv>): void {
  for (const [name, type] of Object.entries(TYPES)) {
    const content = readFileSync(path.join(packageRoot(), 'platform/pages/assets', name), 'utf8');
    pages.get(`/assets/${name}`, (c) =>
      c.body(content, 200, { 'content-type': type, 'cache-control': 'max-age=60, must-revalidate' }),
    );
  }
}
