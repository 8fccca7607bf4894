import { describe, expect, test } from 'vitest';
import type { Stored } from './event.ts';
import { KINDS, type Kind, SHAPES } from './kinds.ts';
import { contextOf, duplicateShare, failedCall, median, number, of, traceGroups } from './look.ts';
import { UNLISTED } from './models.ts';
import { generateWorld } from './world.ts';

/** How a planted call of a kind differs, as far as one call alone can show it. */
const SHOWS: Partial<Record<Kind, (event: Stored) => boolean>> = {
  rate_limited: (event) => event.properties.$ai_http_status === 429,
  server_errors: (event) => [500, 502, 503].includes(number(event, '$ai_http_status')),
  timeouts: (event) => failedCall(event) && number(event, '$ai_latency') > 50,
  model_misuse: (event) => number(event, '$ai_output_tokens') <= 12,
  unpriced_model: (event) => UNLISTED.some((model) => model.name === event.properties.$ai_model),
  empty_output: (event) =>
    !/[a-z]{6}/.test(
      JSON.stringify(event.properties.$ai_output_choices).replaceAll(
        /"(role|assistant|content|type|text|index|message|finish_reason|end_turn|stop)"/gi,
        '',
      ),
    ),
  malformed_output: (event) => !parses(textOf(event)),
  response_truncation: (event) => !/[.!?]$/.test(textOf(event)),
};

/** How a trace with a planted problem differs, among the traces of its operation. */
const SHOWS_IN_TRACE: Partial<Record<Kind, (trace: Stored[], all: Stored[]) => boolean>> = {
  prompt_bloat: ([call], all) => {
    const usual = median(all.map(contextOf));
    return call !== undefined && (usual > 9000 || contextOf(call) > 4 * usual);
  },
  retry_storm: (trace) => trace.length >= 4 && span(trace) < 240_000,
  context_stuffing: (trace) => trace.length >= 6 && contextOf(trace.at(-1) as Stored) > 4000,
  tool_abuse: (trace) => {
    const calls = trace.map((event) =>
      JSON.stringify(event.properties.$ai_output_choices).replaceAll(/(call|toolu)_\w+/g, ''),
    );
    return calls.some((call) => calls.filter((other) => other === call).length >= 3);
  },
  output_variance: ([call], all) =>
    number(call as Stored, '$ai_output_tokens') > 2.4 * median(all.map((event) => number(event, '$ai_output_tokens'))),
  model_confusion: ([call]) => {
    const labels = /exactly one of: ([^.]*)\./.exec(JSON.stringify(call?.properties.$ai_input))?.[1]?.split(', ');
    return call !== undefined && labels?.includes(textOf(call)) === false;
  },
};

function span(trace: readonly Stored[]): number {
  const times = trace.map((event) => Date.parse(event.timestamp));
  return Math.max(...times) - Math.min(...times);
}

function textOf(event: Stored): string {
  const [choice] = event.properties.$ai_output_choices as { content?: unknown; message?: { content: unknown } }[];
  const content = choice?.message?.content ?? choice?.content;
  return typeof content === 'string' ? content : ((content as { text: string }[])[0]?.text ?? '');
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe.each(KINDS.flatMap((kind) => SHAPES[kind].map((shape) => [kind, shape.name] as const)))(
  '%s as %s',
  (kind, shape) => {
    const world = generateWorld({
      seed: 77,
      problems: [kind],
      shapes: { [kind]: shape },
      content: true,
      days: 22,
      sound: 0,
    });

    test('is planted, and shows in its traces only', () => {
      const [plant] = world.planted;
      expect(plant?.shape).toBe(shape);
      const planted = new Set(plant?.traceIds);
      const events = of(world, plant?.operation ?? '');
      expect(events.length).toBeGreaterThan(50);
      expect(planted.size).toBeGreaterThanOrEqual(8);
      const inTrace = SHOWS_IN_TRACE[kind];
      if (inTrace) {
        const showing = [...traceGroups(events)].filter(([, trace]) => inTrace(trace, events)).map(([id]) => id);
        const missing = [...planted].filter((id) => !showing.includes(id));
        expect(missing).toEqual([]);
        // A wide spread has no edge between long answers and very long ones.
        if (shape !== 'very_wide_spread') expect(showing.length).toBe(planted.size);
      }
      const shows = SHOWS[kind];
      if (!shows) return;
      for (const event of events) {
        const expected = planted.has(String(event.properties.$ai_trace_id));
        expect(shows(event), JSON.stringify(event.properties).slice(-300)).toBe(expected);
      }
    });
  },
);

test.each(SHAPES.cacheable_prefix.map(({ name }) => name))(
  'a prefix as %s comes back within five minutes, unread',
  (name) => {
    const world = generateWorld({
      seed: 31,
      problems: ['cacheable_prefix'],
      shapes: { cacheable_prefix: name },
      content: true,
      sound: 0,
    });
    const events = of(world, world.planted[0]?.operation ?? '');
    const gaps = events
      .slice(1)
      .map((event, i) => Date.parse(event.timestamp) - Date.parse(events[i]?.timestamp ?? ''));
    expect(gaps.filter((gap) => gap < 300_000).length / gaps.length).toBeGreaterThan(0.5);
    expect(events.some((event) => number(event, '$ai_cache_read_input_tokens') > 0)).toBe(false);
    expect(Math.min(...events.map(contextOf))).toBeGreaterThan(1400);
  },
);

test.each(SHAPES.duplicate_calls.map(({ name }) => name))('requests repeat across traces as %s', (name) => {
  const world = generateWorld({
    seed: 32,
    problems: ['duplicate_calls'],
    shapes: { duplicate_calls: name },
    content: true,
    sound: 0,
  });
  const events = of(world, world.planted[0]?.operation ?? '');
  expect(duplicateShare(events)).toBeGreaterThan(0.2);
  expect(traceGroups(events).size).toBe(events.length);
});

test.each(SHAPES.cost_trend.map(({ name }) => name))('a call costs twice as much or more after: %s', (name) => {
  const world = generateWorld({
    seed: 33,
    problems: ['cost_trend'],
    shapes: { cost_trend: name },
    content: false,
    costs: 'recorded',
    sound: 0,
  });
  const [plant] = world.planted;
  const after = new Set(plant?.traceIds);
  const cost = (now: boolean) =>
    median(
      of(world, plant?.operation ?? '')
        .filter((event) => after.has(String(event.properties.$ai_trace_id)) === now)
        .map((event) => number(event, '$ai_total_cost_usd')),
    );
  expect(cost(true) / cost(false)).toBeGreaterThan(1.7);
});

test('long conversations re-send what they said: the context grows', () => {
  const world = generateWorld({
    seed: 9,
    problems: ['context_stuffing'],
    content: true,
    shapes: { context_stuffing: 'long_chats' },
  });
  const [plant] = world.planted;
  const events = of(world, plant?.operation ?? '');
  for (const id of plant?.traceIds ?? []) {
    const contexts = events.filter((event) => event.properties.$ai_trace_id === id).map(contextOf);
    expect(contexts.length).toBeGreaterThanOrEqual(12);
    expect((contexts.at(-1) ?? 0) / (contexts[0] ?? 1)).toBeGreaterThan(5);
  }
});
