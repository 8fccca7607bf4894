import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { RunbookError } from '../../lib/errors.ts';
import { isMalformed, logFailure, MALFORMED } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { limitRate } from '../api/rate.ts';
import { isDiskFull, isUnanswered } from '../database/pool.ts';
import { allTokensPages } from './all-tokens.tsx';
import { assetRoutes } from './assets.ts';
import { auditPages } from './audit.tsx';
import { collectionPages } from './collections.tsx';
import { deleteTaskPages } from './delete-task.tsx';
import { deployPages } from './deploy.tsx';
import { diffPages } from './diff.tsx';
import { forkRoute } from './fork.tsx';
import { forms } from './forms.ts';
import { safeHeaders } from './guard.ts';
import { historyPages } from './history.tsx';
import { importPages } from './import.tsx';
import { problemPage } from './layout.tsx';
import type { RunListener } from './listener.ts';
import { liveRoutes } from './live.ts';
import { loginRoutes } from './login.tsx';
import { payloadRoutes } from './payloads.tsx';
import { replayPages } from './replay.tsx';
import { runPages } from './run.tsx';
import { fileRoutes } from './run-files.ts';
import { runsPages } from './runs.tsx';
import { schedulePages } from './schedules.tsx';
import { loggedIn, type PageContext, type PageEnv, sessions } from './session.ts';
import { taskPages } from './task.tsx';
import { tokenPages } from './tokens.tsx';
import { trendPages } from './trends.tsx';
import { variablePages } from './variables.tsx';

/** The pages: rendered here, working without scripts; only what goes on at the moment is followed by one. */
export function createPages(platform: Platform, listener: RunListener): Hono<PageEnv> {
  const pages = new Hono<PageEnv>({ strict: false });
  pages.use(safeHeaders);
  pages.onError((error, c) => problem(c, error));
  pages.notFound((c) => problemPage(c, 404, 'There is no such page.'));
  assetRoutes(pages);
  pages.use(forms(platform));
  pages.use(sessions());
  loginRoutes(pages, platform);
  pages.use(loggedIn(platform));
  pages.use(limitRate());
  allTokensPages(pages, platform);
  collectionPages(pages, platform);
  variablePages(pages, platform);
  tokenPages(pages, platform);
  auditPages(pages, platform);
  deployPages(pages, platform);
  importPages(pages, platform);
  taskPages(pages, platform);
  historyPages(pages, platform);
  deleteTaskPages(pages, platform);
  runsPages(pages, platform);
  trendPages(pages, platform);
  diffPages(pages, platform);
  schedulePages(pages, platform);
  liveRoutes(pages, platform, listener);
  fileRoutes(pages, platform);
  replayPages(pages, platform);
  payloadRoutes(pages, platform);
  forkRoute(pages, platform);
  runPages(pages, platform);
  return pages;
}

const SHOWN = [400, 401, 403, 404, 429] as const;

/** What a handler threw, as a page. What we did not foresee is no text for others. */
function problem(c: PageContext, error: Error): Response | Promise<Response> {
  if (error instanceof HTTPException) {
    const status = SHOWN.find((known) => known === error.status) ?? 400;
    return problemPage(c, status, error.message);
  }
  if (error instanceof RunbookError && (error.code === 'usage' || error.code === 'config'))
    return problemPage(c, 400, error.hint ? `${error.message} ${error.hint}` : error.message);
  if (isDiskFull(error)) return problemPage(c, 507, 'The disk of the server is full; nothing was kept.');
  if (isUnanswered(error)) return problemPage(c, 503, 'The database does not answer; try again.');
  if (isMalformed(error)) return problemPage(c, 400, `${MALFORMED}.`);
  logFailure(error);
  return problemPage(c, 500, 'What it could not do is in its log.');
}
