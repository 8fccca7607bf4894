import { moments } from './clock.ts';
import type { Call, Failure } from './event.ts';
import { EVERYDAY, failed, ordinarySizes, plain, plantedAmong, type Shape, type Site } from './site.ts';

interface Trouble {
  failure: (site: Site) => Failure;
  /** Seconds until the failure comes. */
  latency: readonly [number, number];
}

function refusal(status: number | null, type: string, message: string, detailed = true): Failure {
  return { status, type, message, detailed };
}

/** Consecutive calls fail together, in a few incidents. */
function incidents(site: Site, n: number): Set<number> {
  const { r, intensity } = site;
  const out = new Set<number>();
  const wanted = Math.max(8, Math.round(n * intensity));
  const length = Math.max(4, Math.round(wanted / r.integer(2, 4)));
  while (out.size < wanted) {
    const from = r.integer(0, n - 1);
    for (let i = from; i < Math.min(n, from + length) && out.size < wanted; i += 1) out.add(i);
  }
  return out;
}

function failing(name: string, trouble: Trouble, when: 'spread' | 'incidents'): Shape {
  return {
    name: `${name}_${when}`,
    models: EVERYDAY,
    calls: [120, 1300],
    intensity: [0.07, 0.35],
    build(site) {
      const { r, clock, calls } = site;
      const sizes = ordinarySizes(r);
      const planted = when === 'spread' ? plantedAmong(site, calls) : incidents(site, calls);
      return moments(r, clock, calls).map((at, i): Call => {
        const call = plain(site, at, sizes);
        if (!planted.has(i)) return call;
        return { ...failed(call, trouble.failure(site), r.between(...trouble.latency)), planted: true };
      });
    },
  };
}

function both(name: string, trouble: Trouble): Shape[] {
  return [failing(name, trouble, 'spread'), failing(name, trouble, 'incidents')];
}

const QUICK = [0.05, 0.4] as const;
const ORDINARY = [0.3, 3] as const;
const LONG = [55, 125] as const;

export const RATE_LIMITED: readonly Shape[] = [
  ...both('status_429', { failure: () => refusal(429, 'rate_limit_error', '', false), latency: QUICK }),
  ...both('status_429_with_error', {
    failure: ({ r }) =>
      refusal(429, 'rate_limit_error', `429 Rate limit reached for requests: limit ${r.integer(60, 500)}/min`),
    latency: QUICK,
  }),
  failing(
    'tokens_per_minute',
    {
      failure: ({ r }) =>
        refusal(
          429,
          'rate_limit_exceeded',
          `429 You exceeded the tokens per minute limit. Try again in ${r.integer(2, 40)}s.`,
        ),
      latency: QUICK,
    },
    'incidents',
  ),
];

export const TIMEOUTS: readonly Shape[] = [
  ...both('status_504', {
    failure: () => refusal(504, 'gateway_timeout', '504 upstream request timeout'),
    latency: LONG,
  }),
  ...both('status_408', { failure: () => refusal(408, 'timeout_error', '408 Request timed out.'), latency: LONG }),
  ...both('no_status', {
    failure: ({ r }) =>
      refusal(
        null,
        'APITimeoutError',
        r.pick(['Request timed out.', 'Connection timed out after 60000ms', 'read ETIMEDOUT']),
      ),
    latency: LONG,
  }),
];

export const SERVER_ERRORS: readonly Shape[] = [
  ...both('status_500', {
    failure: () => refusal(500, 'server_error', '500 The server had an error while processing your request'),
    latency: ORDINARY,
  }),
  ...both('status_502_and_503', {
    failure: ({ r }) =>
      r.chance(0.5)
        ? refusal(502, 'bad_gateway', '502 Bad gateway')
        : refusal(503, 'unavailable', '503 Service unavailable'),
    latency: ORDINARY,
  }),
  failing('status_500_bare', { failure: () => refusal(500, 'server_error', '', false), latency: ORDINARY }, 'spread'),
];
