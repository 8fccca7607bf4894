import { getConnInfo } from '@hono/node-server/conninfo';
import type { MiddlewareHandler } from 'hono';
import type { Vars } from './auth.ts';
import { refusal } from './errors.ts';

interface Limit {
  /** Requests that may come at once. */
  burst: number;
  /** Requests that are given back each second. */
  perSecond: number;
}

/** Beyond what clients need that poll, and pages that are looked at by a team. */
const OF_A_TOKEN: Limit = { burst: 400, perSecond: 100 };
/** Requests that were refused for want of a token: who guesses is slow. */
const OF_AN_ADDRESS: Limit = { burst: 20, perSecond: 1 };
/** Who asks is forgotten when so many others have asked. */
const MOST_KNOWN = 10_000;

/** Buckets of tokens (the algorithm's, not ours): full at first, one taken by each request, filled by the clock. */
export class Buckets {
  readonly #limit: Limit;
  readonly #known = new Map<string, { left: number; at: number }>();

  constructor(limit: Limit) {
    this.#limit = limit;
  }

  /** @param at ms, of a clock that only goes forward. @returns seconds to wait; 0 where it may go on */
  take(who: string, at: number): number {
    const { burst, perSecond } = this.#limit;
    const { left, at: before } = this.#known.get(who) ?? { left: burst, at };
    const now = Math.min(burst, left + ((at - before) / 1_000) * perSecond);
    this.#known.delete(who);
    if (this.#known.size >= MOST_KNOWN) this.#known.delete(this.#known.keys().next().value ?? '');
    this.#known.set(who, { left: Math.max(0, now - 1), at });
    return now >= 1 ? 0 : Math.ceil((1 - now) / perSecond);
  }
}

/** Answers 429 with `Retry-After` where a token asks too often. Each token has its own share, however it is written in a header. */
export function limitRate(): MiddlewareHandler<{ Variables: Vars }> {
  const tokens = new Buckets(OF_A_TOKEN);
  return (c, next) => {
    const wait = tokens.take(c.get('token').id, performance.now());
    if (wait === 0) return next();
    c.header('Retry-After', String(wait));
    throw refusal(429, `Too many requests: wait ${wait} s`);
  };
}

/** Answers 429 with `Retry-After` to an address that asks too often without a token of ours. Who has one is not held up by its neighbours. */
export function limitGuesses(): MiddlewareHandler {
  const addresses = new Buckets(OF_AN_ADDRESS);
  return async (c, next) => {
    await next();
    if (c.res.status !== 401) return;
    const wait = addresses.take(getConnInfo(c).remote.address ?? '', performance.now());
    if (wait === 0) return;
    c.res = c.json({ detail: `Too many requests without a valid token: wait ${wait} s` }, 429);
    c.res.headers.set('Retry-After', String(wait));
  };
}
