import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, test } from 'vitest';
import type { Stored } from './event.ts';
import { KINDS } from './kinds.ts';
import { contextOf, duplicateShare, failedCall, median, number, of, share, traceGroups } from './look.ts';
import { MODELS, UNLISTED } from './models.ts';
import { generateWorld, type World, writeWorld } from './world.ts';

const SEEDS = Array.from({ length: 8 }, (_, i) => i + 1);
const worlds = SEEDS.map((seed) => generateWorld({ seed }));
const folders: string[] = [];

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

test('the same seed gives the same world, another seed another', () => {
  const again = generateWorld({ seed: 3 });
  expect(JSON.stringify(again)).toBe(JSON.stringify(worlds[2]));
  expect(JSON.stringify(generateWorld({ seed: 300 }).planted)).not.toBe(JSON.stringify(again.planted));
});

test('worlds differ in what they store', () => {
  const many = SEEDS.map((seed) => generateWorld({ seed: seed + 100, problems: ['rate_limited'], sound: 1 }));
  expect(new Set(many.map((world) => world.content)).size).toBe(2);
  expect(new Set(many.map((world) => world.costs)).size).toBe(3);
  expect(new Set(many.map((world) => world.days)).size).toBeGreaterThan(5);
});

function expectSound(world: World): void {
  for (const operation of world.clean) {
    const events = of(world, operation);
    if (events.length === 0) continue;
    const good = events.filter((event) => !failedCall(event));
    const label = `${operation} (${world.cleanShapes[operation]})`;
    expect(share(events, failedCall), label).toBeLessThanOrEqual(0.0125);
    const cut = good.filter((event) => /length|max_tokens/i.test(String(event.properties.$ai_stop_reason)));
    expect(cut.length, label).toBeLessThanOrEqual(1);
    const contexts = good.map(contextOf);
    expect(Math.max(...contexts) / median(contexts), label).toBeLessThan(7);
    const outputs = good.map((event) => number(event, '$ai_output_tokens'));
    expect(Math.max(...outputs) / median(outputs), label).toBeLessThan(8);
    expect(
      good.every((event) => !UNLISTED.some((model) => model.name === event.properties.$ai_model)),
      label,
    ).toBe(true);
    expect(repeatsInTraces(good), label).toBe(0);
    expect(toolLoops(good), label).toBe(0);
    expect(duplicateShare(good), label).toBeLessThan(0.04);
    expect(missedCacheReads(good), label).toBeLessThan(0.1);
  }
}

function wellFormed({ event, properties }: Stored, content: boolean): boolean {
  if (event !== '$ai_generation') return true;
  const { $ai_input_tokens: input, $ai_output_tokens: output, $ai_total_cost_usd: cost } = properties;
  const failed = String(properties.$ai_is_error ?? 'false') === 'true';
  const tokens = failed
    ? input === undefined && output === undefined
    : Number.isInteger(input) && Number(input) >= 0 && Number.isInteger(output) && Number(output) >= 0;
  const priced = cost === undefined || cost === null || Number(cost) > 0;
  const text = content || (properties.$ai_input === null && properties.$ai_output_choices === null);
  const traced = /^[\w.~@()!':|-]+$/.test(String(properties.$ai_trace_id));
  return tokens && priced && text && traced && Number(properties.$ai_latency) > 0;
}

describe.each(worlds.map((world) => [world.seed, world] as const))('world %i', (_seed, world) => {
  test('its events have the shape of a batch export', () => {
    const end = Date.parse('2026-10-28T00:00:00Z');
    const start = end - world.days * 86_400_000;
    expect(new Set(world.events.map((event) => event.uuid)).size).toBe(world.events.length);
    const wrong = world.events.filter((event) => {
      const at = Date.parse(event.timestamp);
      return !(at >= start && at < end) || event.distinct_id === '' || !wellFormed(event, world.content);
    });
    expect(wrong.slice(0, 3)).toEqual([]);
  });

  test('what is planted is there, in its own operation', () => {
    expect(world.planted.length).toBeGreaterThan(0);
    const operations = [...world.planted.map((plant) => plant.operation), ...world.clean];
    expect(new Set(operations).size).toBe(operations.length);
    for (const plant of world.planted) {
      const traces = new Set(of(world, plant.operation).map((event) => event.properties.$ai_trace_id));
      expect(plant.traceIds.length).toBeGreaterThanOrEqual(8);
      for (const id of plant.traceIds) expect(traces).toContain(id);
    }
  });

  test('its sound operations have no problem', () => expectSound(world));
});

test('every way of being sound is without a problem, with text and without', () => {
  for (const content of [true, false]) {
    // A seed that hides the text of none of them.
    const world = generateWorld({ seed: 54, problems: [], sound: 99, content });
    expect(world.planted).toEqual([]);
    expect(world.clean.length).toBeGreaterThanOrEqual(18);
    expectSound(world);
  }
});

/** Traces in which one request was sent three times. */
function repeatsInTraces(events: readonly Stored[]): number {
  const seen = new Map<string, number>();
  for (const event of events) {
    if (event.properties.$ai_input === null) continue;
    const key = `${event.properties.$ai_trace_id} ${JSON.stringify(event.properties.$ai_input)}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  return [...seen.values()].filter((times) => times >= 3).length;
}

/** Traces that ask a tool the same thing four times; an export is polled three times at most. */
function toolLoops(events: readonly Stored[]): number {
  return [...traceGroups(events).values()].filter((trace) => {
    const asked = trace
      .map((event) => JSON.stringify(event.properties.$ai_output_choices))
      .filter((text) => text.includes('"function"'))
      .map((text) => text.replaceAll(/(call|toolu)_\w+/g, ''));
    return asked.some((call) => asked.filter((other) => other === call).length >= 4);
  }).length;
}

/** Share of calls that begin with 6,000 characters which a call within the last five minutes began with, and read nothing from a cache. */
function missedCacheReads(events: readonly Stored[]): number {
  const last = new Map<string, number>();
  const missed = events.filter((event) => {
    const text = JSON.stringify(event.properties.$ai_input);
    if (text.length < 6000) return false;
    const minimum = MODELS.find((model) => model.name === event.properties.$ai_model)?.minPrefix ?? 1024;
    const key = text.slice(0, Math.max(6000, minimum * 4));
    const at = Date.parse(event.timestamp);
    const warm = at - (last.get(key) ?? Number.NEGATIVE_INFINITY) < 300_000;
    last.set(key, at);
    return warm && number(event, '$ai_cache_read_input_tokens') === 0;
  });
  return missed.length / Math.max(1, events.length);
}

test('a world without text plants only what metadata shows', () => {
  const world = generateWorld({ seed: 5, content: false, problems: KINDS, days: 25 });
  const kinds = world.planted.map((plant) => plant.kind);
  expect(kinds).not.toContain('empty_output');
  expect(kinds).not.toContain('duplicate_calls');
  expect(kinds).toContain('rate_limited');
  expect(kinds).toContain('context_stuffing');
});

test('a written world reads back line by line', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'world-'));
  folders.push(folder);
  const [world] = worlds;
  if (!world) throw new Error('no world');
  const file = path.join(folder, 'events.jsonl');
  await writeWorld(world, file);
  let line = 0;
  for await (const text of createInterface({ input: createReadStream(file) })) {
    if (JSON.stringify(world.events[line]) !== text) expect(text).toBe(JSON.stringify(world.events[line]));
    line += 1;
  }
  expect(line).toBe(world.events.length);
});
