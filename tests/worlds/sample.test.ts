import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SampleEvent } from '../../sources/sample/event.ts';
import { sampleEvents } from '../../sources/sample/events.ts';
import { writeSampleFile } from '../../sources/sample/file.ts';
import { OPERATIONS, SAMPLE_PROBLEMS } from '../../sources/sample/operations.ts';
import { KINDS } from './kinds.ts';

const events = sampleEvents();
const of = (operation: string) => events.filter((event) => event.properties.$ai_span_name === operation);
const share = (list: readonly SampleEvent[], holds: (event: SampleEvent) => boolean) =>
  list.filter(holds).length / list.length;
const number = (event: SampleEvent, name: string) => Number(event.properties[name] ?? 0);

describe('the sample’s events', () => {
  it('are the same for a seed and others for another', () => {
    expect(JSON.stringify(sampleEvents({ days: 3 }))).toBe(JSON.stringify(sampleEvents({ days: 3 })));
    expect(sampleEvents({ days: 3, seed: 4 })[0]?.uuid).not.toBe(sampleEvents({ days: 3 })[0]?.uuid);
  });

  it('are a month of a small product, in order of time', () => {
    const generations = events.filter((event) => event.event === '$ai_generation');
    expect(generations.length).toBeGreaterThan(6000);
    expect(generations.length).toBeLessThan(8500);
    const times = events.map((event) => event.timestamp);
    expect([...times].sort()).toEqual(times);
    expect((times[0] ?? '') >= '2026-10-02').toBe(true);
    expect((times.at(-1) ?? '') < '2026-11-01').toBe(true);
    expect(new Set(events.map((event) => event.uuid)).size).toBe(events.length);
  });

  it('follow the options', () => {
    const week = sampleEvents({ days: 7, scale: 2, end: new Date('2026-03-09T00:00:00Z') });
    expect(week.every(({ timestamp }) => timestamp >= '2026-03-02' && timestamp < '2026-03-09')).toBe(true);
    expect(week.length / sampleEvents({ days: 7, end: new Date('2026-03-09T00:00:00Z') }).length).toBeCloseTo(2, 0);
  });

  it('have fewer calls at weekends', () => {
    const weekend = share(events, ({ timestamp }) => [0, 6].includes(new Date(timestamp).getUTCDay()));
    expect(weekend).toBeLessThan(0.18);
  });

  it('have text as long as their tokens say', () => {
    for (const event of of('draft_reply')) {
      const text = JSON.stringify(event.properties.$ai_input).length;
      if (!event.properties.$ai_is_error) expect(text / number(event, '$ai_input_tokens')).toBeCloseTo(4, -0.5);
    }
  });

  it('cost what the list says, cached tokens included', () => {
    const [call] = of('onboarding_plan').filter((event) => number(event, '$ai_cache_read_input_tokens') > 0);
    if (!call) throw new Error('no cached call');
    const usd =
      number(call, '$ai_input_tokens') * 3 +
      number(call, '$ai_cache_read_input_tokens') * 0.3 +
      number(call, '$ai_output_tokens') * 15;
    expect(number(call, '$ai_total_cost_usd')).toBeCloseTo(usd / 1e6, 9);
    expect(call.properties.$ai_cache_reporting_exclusive).toBe(true);
    for (const operation of ['suggest_tags', 'route_ticket'])
      expect(of(operation).some((event) => '$ai_total_cost_usd' in event.properties)).toBe(false);
  });
});

describe('the sample’s problems', () => {
  const shown: Record<string, (list: SampleEvent[]) => number> = {
    prompt_bloat: (list) => share(list, (event) => number(event, '$ai_input_tokens') > 6000),
    model_misuse: (list) => share(list, (event) => number(event, '$ai_output_tokens') <= 2),
    retry_storm: (list) =>
      repeats(list, (event) => `${event.properties.$ai_trace_id} ${JSON.stringify(event.properties.$ai_input)}`),
    context_stuffing: (list) => share(list, (event) => number(event, '$ai_input_tokens') > 1500),
    cacheable_prefix: (list) =>
      share(
        list,
        (event) => number(event, '$ai_input_tokens') > 2500 && !('$ai_cache_read_input_tokens' in event.properties),
      ),
    duplicate_calls: (list) => repeats(list, (event) => JSON.stringify(event.properties.$ai_input)),
    response_truncation: (list) => share(list, (event) => event.properties.$ai_stop_reason === 'length'),
    empty_output: (list) =>
      share(list, (event) => JSON.stringify(event.properties.$ai_output_choices).includes('"content":""')),
    tool_abuse: (list) =>
      repeats(list, (event) => `${event.properties.$ai_trace_id} ${event.properties.$ai_tools_called}`),
    rate_limited: (list) => share(list, (event) => event.properties.$ai_http_status === 429),
    timeouts: (list) => share(list, (event) => number(event, '$ai_latency') > 50),
    unpriced_model: (list) => share(list, (event) => event.properties.$ai_model === 'fernhill-router-2'),
  };

  it.each(SAMPLE_PROBLEMS.map(({ kind, operation }) => [kind, operation] as const))(
    '%s shows in %s',
    (kind, operation) => {
      expect(KINDS).toContain(kind);
      expect(shown[kind]?.(of(operation))).toBeGreaterThan(0.1);
    },
  );

  it.each(OPERATIONS.filter(({ problem }) => problem === null).map(({ name }) => name))('%s is sound', (operation) => {
    const list = of(operation);
    expect(list.length).toBeGreaterThan(100);
    expect(share(list, (event) => event.properties.$ai_is_error === true)).toBeLessThan(0.02);
    expect(share(list, (event) => event.properties.$ai_stop_reason === 'length')).toBe(0);
    expect(repeats(list, (event) => JSON.stringify(event.properties.$ai_input))).toBeLessThan(0.02);
  });
});

/** Share of the calls that say again what another one said. */
function repeats(list: readonly SampleEvent[], key: (event: SampleEvent) => string): number {
  return 1 - new Set(list.map(key)).size / list.length;
}

describe('the sample’s file', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'sample-file-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('holds the events, one a line, and is kept', async () => {
    const file = await writeSampleFile(folder);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.length).toBe(events.length);
    expect(lines.at(-1)).toBe(JSON.stringify(events.at(-1)));
    const { mtimeMs } = await stat(file);
    expect(await writeSampleFile(folder)).toBe(file);
    expect((await stat(file)).mtimeMs).toBe(mtimeMs);
    expect(readdirSync(folder)).toEqual([path.basename(file)]);
  });
});
