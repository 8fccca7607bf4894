import { type Generation, generation, messages, type SampleEvent } from './event.ts';
import type { Random } from './random.ts';

/** One feature of Fernhill that calls a model. */
export interface Operation {
  name: string;
  /** Visits on a weekday; a visit is one trace, or a burst of them. */
  perDay: number;
  /** The kind of `findings.json` that is planted in it, null where it is sound. */
  problem: string | null;
  /** How the problem shows, or why the operation is sound although it may not look so. */
  note: string;
  /** The events of one visit that begins at `at` (milliseconds since the epoch). */
  visit: (random: Random, at: number) => SampleEvent[];
}

const STRAY_ERROR_SHARE = 0.004;
const STRAY_ERROR = {
  status: 500,
  type: 'server_error',
  message: 'The server had an error while processing your request',
};

/** A trace of one call, which fails once in a while as calls do. */
export function single(
  random: Random,
  prompt: { system: string; user: string },
  call: Omit<Generation, 'trace' | 'input'>,
): SampleEvent {
  const stray = random.chance(STRAY_ERROR_SHARE) ? { error: STRAY_ERROR } : {};
  return generation(random, { trace: random.uuid(), input: messages(prompt.system, prompt.user), ...stray, ...call });
}
