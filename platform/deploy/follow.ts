import { z } from 'zod';
import { RunbookError } from '../../lib/errors.ts';
import type { Client } from './client.ts';
import { getTrajectory, type Place } from './requests.ts';

/** Statuses after which nothing happens any more. */
const ENDED = ['completed', 'failed', 'cancelled', 'archived'] as const;
export type EndStatus = (typeof ENDED)[number];

const trajectory = z.looseObject({ status: z.string().nullish(), error: z.unknown().optional() });

/** Time between two looks, ms: short at first, since a run that cannot start ends in seconds. */
const POLL_MS = { first: 2000, later: 5000 };
const FIRST_POLLS = 15;
/** A run shows up some seconds after it was asked for; ms after which it is not there at all. */
const QUEUE_MS = 300_000;
/** The platform ends runs by itself long before, ms. */
const FOLLOW_MS = 7_200_000;
/** In progress: the proxy gave up, the run did not. */
const IN_PROGRESS = 524;

export interface Ended {
  status: EndStatus;
  /** What the platform says went wrong; untrusted. */
  error: string | undefined;
}

/**
 * Looks at a run until it has ended.
 * @param onStatus told each change, `queued` before the run shows up
 * @throws RunbookError `interrupted`; `timeout` where it does not show up or end; what the client throws
 */
export async function followRun(
  client: Client,
  place: Place,
  id: string,
  onStatus: (status: string) => void,
): Promise<Ended> {
  let last = '';
  const started = Date.now();
  for (let polls = 0; ; polls += 1) {
    const { status: http, value } = await client.json(getTrajectory(place, id), { also: [404, IN_PROGRESS] });
    const seen = http === 404 ? undefined : trajectory.safeParse(value).data;
    const status = http === 404 ? 'queued' : (seen?.status ?? 'running');
    if (status !== last) onStatus(status);
    last = status;
    const end = ENDED.find((name) => name === status);
    if (end) return { status: end, error: errorOf(seen?.error) };
    const waited = Date.now() - started;
    if (waited > (http === 404 ? QUEUE_MS : FOLLOW_MS))
      throw new RunbookError('timeout', `Run ${id} is still ${status} after ${Math.round(waited / 60_000)} minutes.`, {
        hint: 'It may go on there: look at the runs of the task.',
      });
    await client.wait(polls < FIRST_POLLS ? POLL_MS.first : POLL_MS.later);
  }
}

function errorOf(error: unknown): string | undefined {
  if (error === null || error === undefined || error === '') return undefined;
  return typeof error === 'string' ? error : JSON.stringify(error);
}
