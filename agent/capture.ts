import { messageOf, RunbookError } from '../lib/errors.ts';
import type { RunEvent } from './events.ts';

type Env = Readonly<Record<string, string | undefined>>;

const HOST = 'https://us.i.posthog.com';
/** Longest wait for PostHog's answer when a run ends, ms. */
const FLUSH_MS = 5000;
/** More requests than any run makes. */
const MAX_EVENTS = 10_000;

/** Sends a run's own model requests to PostHog, where they show beside the product's traffic. */
export interface Capture {
  event(event: RunEvent): void;
  /** Sends them. @returns why something could not be sent; a run never fails for it */
  close(): Promise<string | undefined>;
}

/**
 * Undefined where `POSTHOG_CAPTURE_KEY` is not set. Events hold counts, costs and times, no text.
 * @throws RunbookError `config` for a key that cannot capture
 */
export async function openCapture(env: Env): Promise<Capture | undefined> {
  const key = env.POSTHOG_CAPTURE_KEY;
  if (!key) return undefined;
  if (key.startsWith('phx_'))
    throw new RunbookError('config', 'POSTHOG_CAPTURE_KEY is a personal key (phx_…), which cannot send events.', {
      at: 'POSTHOG_CAPTURE_KEY',
      hint: 'Use the project key (phc_…) of the project that should hold them.',
    });
  const { PostHog } = await loadClient();
  const client = new PostHog(key, {
    host: env.POSTHOG_CAPTURE_HOST || HOST,
    fetchRetryCount: 1,
    requestTimeout: FLUSH_MS,
    // All at the end: what the client sends in between, it complains about on the terminal by itself.
    flushAt: MAX_EVENTS,
    maxQueueSize: MAX_EVENTS,
    flushInterval: 2 ** 31 - 1,
  });
  return {
    event(event) {
      if (event.type !== 'generation') return;
      const { event: name, distinct_id: distinctId, properties, uuid, timestamp } = event;
      client.capture({ event: name, distinctId, properties, uuid, timestamp: new Date(timestamp) });
    },
    async close() {
      try {
        await client.flush();
        await client.shutdown(FLUSH_MS);
        return undefined;
      } catch (error) {
        return messageOf(error);
      }
    },
  };
}

async function loadClient(): Promise<typeof import('posthog-node')> {
  try {
    return await import('posthog-node');
  } catch (cause) {
    throw new RunbookError('config', 'POSTHOG_CAPTURE_KEY is set, but posthog-node is not installed.', {
      at: 'POSTHOG_CAPTURE_KEY',
      hint: 'npm install posthog-node, or unset POSTHOG_CAPTURE_KEY.',
      cause,
    });
  }
}
