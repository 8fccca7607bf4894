import { batches, moments } from './clock.ts';
import type { Call, Message } from './event.ts';
import { EVERYDAY, newTrace, type Shape, type Site, turn } from './site.ts';
import { answer, report, rules } from './text.ts';

/** Calls dense enough for a five-minute cache: steady heavy traffic, or batches. */
export function dense(site: Site): number[] {
  const { r, clock, calls } = site;
  const steady = calls / ((clock.end - clock.start) / 3_600_000) > 10;
  return steady ? moments(r, clock, calls) : batches(r, clock, calls, [12, 40]);
}

function sharedPrefix(site: Site, prefix: (call: number) => Message[]): Call[] {
  const { r, theme } = site;
  const output = r.integer(60, 220);
  return dense(site).map((at, i) => {
    const messages: Message[] = [...prefix(i), { role: 'user', text: report(r, theme, r.around(90, 0.4)) }];
    const text = answer(r, theme, r.around(output, 0.3));
    return { ...turn(site, { trace: newTrace(site), user: r.pick(site.users), at, messages, text }), planted: true };
  });
}

export function prefixTokens(site: Site): number {
  return Math.max(site.model.minPrefix * 1.3, site.r.integer(1700, 6000));
}

export const CACHEABLE_PREFIX: readonly Shape[] = [
  {
    name: 'long_system_prompt',
    needsContent: true,
    models: EVERYDAY,
    calls: [150, 1200],
    build(site) {
      const system = rules(site.r, site.theme, prefixTokens(site));
      return sharedPrefix(site, () => [{ role: 'system', text: system }]);
    },
  },
  {
    name: 'worked_examples',
    needsContent: true,
    models: EVERYDAY,
    calls: [150, 900],
    build(site) {
      const { r, theme } = site;
      const examples: Message[] = [{ role: 'system', text: site.system }];
      const size = prefixTokens(site);
      for (let tokens = 0; tokens < size; tokens += 300) {
        examples.push({ role: 'user', text: report(r, theme, 180) });
        examples.push({ role: 'assistant', text: answer(r, theme, 120) });
      }
      return sharedPrefix(site, () => examples);
    },
  },
  {
    name: 'volatile_line_before_the_rules',
    needsContent: true,
    models: EVERYDAY,
    calls: [200, 900],
    build(site) {
      const { r } = site;
      const system = rules(r, site.theme, prefixTokens(site));
      return sharedPrefix(site, () => [
        { role: 'system', text: `Request ${r.uuid()} at ${r.integer(0, 23)}:${r.integer(10, 59)}\n${system}` },
      ]);
    },
  },
];

/** Makes the call that answers one of a fixed set of requests: the same text in and, at temperature 0, out. */
function repertoire(site: Site, size: number): ((at: number) => Call)[] {
  const { r, theme } = site;
  return Array.from({ length: size }, () => {
    const messages: Message[] = [
      { role: 'system', text: site.system },
      { role: 'user', text: report(r, theme, r.around(380, 0.4)) },
    ];
    const text = answer(r, theme, r.around(200, 0.3));
    return (at: number): Call => ({
      ...turn(site, { trace: newTrace(site), user: r.pick(site.users), at, messages, text }),
      parameters: { temperature: 0 },
    });
  });
}

function fresh(site: Site, at: number): Call {
  return (repertoire(site, 1)[0] as (at: number) => Call)(at);
}

export const DUPLICATE_CALLS: readonly Shape[] = [
  {
    name: 'favourite_questions',
    needsContent: true,
    models: EVERYDAY,
    calls: [200, 1200],
    intensity: [0.3, 0.6],
    build(site) {
      const { r, clock, calls } = site;
      const favourites = repertoire(site, r.integer(6, 20));
      return moments(r, clock, calls).map((at) => {
        if (!r.chance(site.intensity)) return fresh(site, at);
        const rank = Math.floor(favourites.length * r.next() ** 2);
        return { ...(favourites[rank] as (at: number) => Call)(at), planted: true };
      });
    },
  },
  {
    name: 'every_viewer_asks_again',
    needsContent: true,
    models: EVERYDAY,
    calls: [200, 900],
    intensity: [0.4, 0.6],
    build(site) {
      const { r, clock, calls } = site;
      const out: Call[] = moments(r, clock, Math.round(calls * (1 - site.intensity))).map((at) => fresh(site, at));
      while (out.length < calls) {
        const make = repertoire(site, 1)[0] as (at: number) => Call;
        let at = moments(r, clock, 1)[0] ?? clock.start;
        for (let viewers = r.integer(4, 9); viewers > 0 && at < clock.end; viewers -= 1) {
          out.push({ ...make(at), planted: true });
          at += r.integer(4, 150) * 60_000;
        }
      }
      return out;
    },
  },
  {
    name: 'job_reads_its_list_twice',
    needsContent: true,
    models: EVERYDAY,
    calls: [150, 700],
    intensity: [0.5, 0.6],
    build(site) {
      const { r, clock, calls, intensity } = site;
      const pairs = Math.round((calls * intensity) / 2);
      const starts = moments(r, clock, pairs).map((at) => Math.min(at, clock.end - 5 * 3_600_000));
      return [
        ...moments(r, clock, calls - pairs * 2).map((at) => fresh(site, at)),
        ...starts.flatMap((at): Call[] => {
          const make = repertoire(site, 1)[0] as (at: number) => Call;
          return [
            { ...make(at), planted: true },
            { ...make(at + r.integer(20, 240) * 60_000), planted: true },
          ];
        }),
      ];
    },
  },
];
