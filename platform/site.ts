import { Hono } from 'hono';
import { createApi } from './api/app.ts';
import type { Platform } from './api/platform.ts';
import { createPages } from './pages/app.ts';
import { ownHosts } from './pages/hosts.ts';
import type { RunListener } from './pages/listener.ts';

/** Everything that a server answers: the API and, beside it, the pages; to names of ours only. */
export function createSite(
  platform: Platform,
  { host, publicUrl, listener }: { host: string; publicUrl?: string | undefined; listener: RunListener },
) {
  const api = createApi(platform);
  const pages = createPages(platform, listener);
  const site = new Hono();
  site.use(ownHosts(host, publicUrl));
  for (const path of ['/api/*', '/v1/*', '/openapi.json']) site.all(path, (c) => api.fetch(c.req.raw, c.env));
  site.all('*', (c) => pages.fetch(c.req.raw, c.env));
  return site;
}
