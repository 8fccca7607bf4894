import path from 'node:path';
import type { Hono } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { EVENTS } from '../../agent/results.ts';
import type { Platform } from '../api/platform.ts';
import { Waiting } from '../api/waiting.ts';
import type { Pool } from '../database/pool.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { runById } from '../store/runs.ts';
import { sessionToken } from '../store/sessions.ts';
import { runFolder } from '../work/results.ts';
import { EventTail } from './event-tail.ts';
import type { RunListener } from './listener.ts';
import { messageOf } from './live-messages.ts';
import { runFor } from './run-access.ts';
import type { PageEnv } from './session.ts';
import { Signal } from './signal.ts';

/** Connections stay open through proxies, and a session that ended is noticed. */
const HEARTBEAT_MS = 15_000;
/** The row of a run is looked at so often without being told; right behind the end of its log, where it ends at once, more often. */
const LOOK_MS = 2_000;
const END_MS = 100;
/** Pages that follow a run at once. */
const MOST_READERS = { each: 100, all: 500 };

/** What happens in a run, as it happens (server-sent events), numbered as in its log. */
export function liveRoutes(pages: Hono<PageEnv>, platform: Platform, listener: RunListener): void {
  const waiting = new Waiting(MOST_READERS);
  pages.get('/:collection/:task/:trajectory{[0-9a-f]{8}}/events', async (c) => {
    const { run } = await runFor(platform, c);
    const over = waiting.enter(run.collectionId);
    const after = Number(c.req.header('last-event-id') ?? c.req.query('after') ?? 0) || 0;
    const tail = new EventTail(path.join(runFolder(platform, run), EVENTS), after);
    c.header('x-accel-buffering', 'no');
    return streamSSE(c, async (stream) => {
      const signal = new Signal();
      const leave = listener.subscribe(run.id, () => signal.wake({ row: true }));
      stream.onAbort(() => signal.wake({ row: false }));
      const isOpen = () => !stream.aborted && !listener.closed;
      const isLoggedIn = async () => (await sessionToken(platform.pool, c.get('sessionId'))) !== undefined;
      try {
        await follow(stream, { run, pool: platform.pool, tail, signal, isOpen, isLoggedIn });
      } finally {
        leave();
        tail.close();
        over();
      }
    });
  });
}

interface Following {
  run: PlatformRun;
  pool: Pool;
  tail: EventTail;
  signal: Signal;
  isOpen(): boolean;
  isLoggedIn(): Promise<boolean>;
}

/** Tells a page of a run's events until it is over, or nobody looks any more. */
async function follow(stream: SSEStreamingApi, { run, pool, tail, signal, isOpen, isLoggedIn }: Following) {
  let heard = performance.now();
  let isEnding = false;
  for (let told = true; isOpen(); told = await signal.wait(isEnding ? END_MS : LOOK_MS)) {
    // The row first: what is in the log when a run is over is all of it.
    const now = told ? await runById(pool, run.id) : run;
    tail.watch(() => signal.wake({ row: false }));
    for await (const event of tail.read()) {
      isEnding = event.type === 'run_finished';
      const message = messageOf(event);
      if (message) await stream.writeSSE({ id: String(event.seq), ...message });
    }
    if (!now || now.ended) return stream.writeSSE({ event: 'end', data: now?.state ?? '' });
    if (performance.now() - heard < HEARTBEAT_MS) continue;
    heard = performance.now();
    await stream.write(': \n\n');
    if (!(await isLoggedIn())) return;
  }
}
