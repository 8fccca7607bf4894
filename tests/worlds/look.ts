import type { Stored } from './event.ts';
import type { World } from './world.ts';

/** The generations of each operation, in order of time. */
function byOperation(world: World): Map<string, Stored[]> {
  const out = new Map<string, Stored[]>();
  for (const event of world.events) {
    if (event.event !== '$ai_generation') continue;
    const operation = String(event.properties.$ai_span_name ?? 'unnamed');
    out.set(operation, [...(out.get(operation) ?? []), event]);
  }
  for (const events of out.values()) events.sort((a, b) => a.timestamp.localeCompare(b.timestamp));
  return out;
}

const grouped = new WeakMap<World, Map<string, Stored[]>>();

export function of(world: World, operation: string): Stored[] {
  const operations = grouped.get(world) ?? byOperation(world);
  grouped.set(world, operations);
  return operations.get(operation) ?? [];
}

export function number(event: Stored, name: string): number {
  const value = event.properties[name];
  return typeof value === 'number' ? value : 0;
}

export function contextOf(event: Stored): number {
  const all = number(event, '$ai_input_tokens');
  const exclusive = event.properties.$ai_cache_reporting_exclusive ?? event.properties.$ai_provider === 'anthropic';
  return exclusive
    ? all + number(event, '$ai_cache_read_input_tokens') + number(event, '$ai_cache_creation_input_tokens')
    : all;
}

export function failedCall(event: Stored): boolean {
  return String(event.properties.$ai_is_error ?? 'false') === 'true';
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

export function share(events: readonly Stored[], holds: (event: Stored) => boolean): number {
  return events.filter(holds).length / Math.max(1, events.length);
}

export function duplicateShare(events: readonly Stored[]): number {
  const texts = events.map((event) => JSON.stringify(event.properties.$ai_input)).filter((text) => text !== 'null');
  return texts.length === 0 ? 0 : 1 - new Set(texts).size / texts.length;
}

/** The events of each trace. */
export function traceGroups(events: readonly Stored[]): Map<string, Stored[]> {
  const out = new Map<string, Stored[]>();
  for (const event of events) {
    const id = String(event.properties.$ai_trace_id);
    out.set(id, [...(out.get(id) ?? []), event]);
  }
  return out;
}
