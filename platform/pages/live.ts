import path from 'node:path';
import type { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { describeInput } from '../../agent/describe-input.ts';
import type { RunEvent } from '../../agent/events.ts';
import { EVENTS } from '../../agent/results.ts';
import { seconds } from '../../lib/format.ts';
import type { Platform } from '../api/platform.ts';
import { Waiting } from '../api/waiting.ts';
import { runById } from '../store/runs.ts';
import { sessionToken } from '../store/sessions.ts';
import { runFolder } from '../work/results.ts';
import { EventTail } from './event-tail.ts';
import type { RunListener } from './listener.ts';
import { runFor } from './run-access.ts';
import { wordsOfRound } from './run-rounds.tsx';
import type { PageEnv } from './session.ts';

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
      let heard = performance.now();
      let isEnding = false;
      try {
        for (
          let told = true;
          !stream.aborted && !listener.closed;
          told = await signal.wait(isEnding ? END_MS : LOOK_MS)
        ) {
          // The row first: what is in the log when a run is over is all of it.
          const now = told ? await runById(platform.pool, run.id) : run;
          tail.watch(() => signal.wake({ row: false }));
          for await (const event of tail.read()) {
            isEnding = event.type === 'run_finished';
            const message = messageOf(event);
            if (message) await stream.writeSSE({ id: String(event.seq), ...message });
          }
          if (!now || now.ended) return await stream.writeSSE({ event: 'end', data: now?.state ?? '' });
          if (performance.now() - heard < HEARTBEAT_MS) continue;
          heard = performance.now();
          await stream.write(': \n\n');
          if (!(await sessionToken(platform.pool, c.get('sessionId')))) return;
        }
      } finally {
        leave();
        tail.close();
        over();
      }
    });
  });
}

/** Wakes whoever waits; a call before the wait counts for it. */
class Signal {
  #isSet = false;
  #row = false;
  #resolve: (() => void) | undefined;

  /** @param row whether the row of the run has changed, and not its log alone */
  wake = ({ row }: { row: boolean }): void => {
    this.#isSet = true;
    this.#row ||= row;
    this.#resolve?.();
  };

  /** @returns whether the row is to be looked at: it has changed, or nothing was heard for so long */
  async wait(ms: number): Promise<boolean> {
    if (!this.#isSet) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#resolve = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    const told = this.#row || !this.#isSet;
    this.#isSet = false;
    this.#row = false;
    this.#resolve = undefined;
    return told;
  }
}

/** What the page shows of an event; most events are none of it. Its script sets these as text. */
function messageOf(event: RunEvent): { event: string; data: string } | undefined {
  const told = (name: string, data: object) => ({ event: name, data: JSON.stringify(data) });
  switch (event.type) {
    case 'run_started':
    case 'run_resumed':
      return told('begin', {});
    case 'step_started':
      return told('step', { step: event.number, state: 'running', note: '' });
    case 'step_finished':
      return told('step', { step: event.number, state: 'done', note: seconds(event.elapsed_s) });
    case 'step_failed':
      return told('step', { step: event.number, state: 'failed', note: event.message });
    case 'gate_stopped':
      return told('step', { step: event.number, state: 'stopped', note: event.message });
    case 'tool_started':
      return told('call', { ...callIn(event), detail: describeInput(event.input) });
    case 'tool_finished':
      return told('call', { ...callIn(event), note: seconds(event.elapsed_s) });
    case 'tool_failed':
      return told('call', { ...callIn(event), note: event.message, failed: true });
    case 'tool_progress':
      return told('now', { text: event.message });
    case 'generation':
      return told('cost', { usd: event.properties.$ai_total_cost_usd });
    case 'judge_opened':
      return told('now', { text: `${event.model} judges the report.` });
    case 'graded':
      return told('round', wordsOfRound(event));
    case 'round_finished':
      return event.note === null ? undefined : told('now', { text: event.note });
    default:
      return undefined;
  }
}

function callIn({ step, call, tool }: { step: number; call: number | null; tool: string }) {
  return { step, call, tool };
}
