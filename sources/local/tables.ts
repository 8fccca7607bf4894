import { readdirSync } from 'node:fs';
import path from 'node:path';
import { linkPart } from './cache.ts';
import type { Engine } from './engine.ts';

/** Where the table `events` lies: its folder, its live parts, its rows. */
export async function partsOf(engine: Engine): Promise<{ folder: string; parts: string[]; rows: number }> {
  const live = await engine.rows(
    `SELECT name, rows FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active ORDER BY name`,
  );
  return {
    folder: await tableFolder(engine),
    parts: live.map(([name]) => String(name)),
    rows: live.reduce((sum, [, rows]) => sum + Number(rows), 0),
  };
}

/** Adds kept parts to the empty table `events`. @returns its rows then */
export async function attachParts(engine: Engine, parts: string): Promise<number> {
  const folder = await tableFolder(engine);
  const names = readdirSync(parts);
  for (const name of names) linkPart(path.join(parts, name), path.join(folder, 'detached', name));
  if (names.length > 0) await engine.run('ALTER TABLE events ATTACH PARTITION 0');
  const [[rows = 0] = []] = await engine.rows('SELECT count() FROM events');
  return Number(rows);
}

const DAY_MS = 86_400_000;
/** Dates this long after all others are a client's wrong clock; traffic that goes on past today has no such gap. */
const STRAY_GAP_MS = 30 * DAY_MS;

/**
 * Time of the newest event, up to the next millisecond; undefined where there is none. Events dated more than a day after `clock`, fewer than
 * the others and a month after the last of them, are no measure of time: they are passed over and counted in `strays`.
 */
export async function newestEvent(engine: Engine, clock: Date): Promise<{ time: Date; strays: number } | undefined> {
  const limit = `fromUnixTimestamp64Milli(${clock.getTime() + DAY_MS})`;
  const columns = [
    'count()',
    'countIf(timestamp > limit)',
    'max(timestamp)',
    'maxIf(timestamp, timestamp <= limit)',
    'minIf(timestamp, timestamp > limit)',
  ];
  const [row = []] = await engine.rows(
    `WITH ${limit} AS limit SELECT ${columns.map((c) => (c.startsWith('m') ? `toUnixTimestamp64Micro(${c})` : c)).join(', ')} FROM events`,
  );
  const [rows = 0, later = 0, newest = 0, before = 0, after = 0] = row.map(Number);
  if (rows === 0) return undefined;
  const stray = later > 0 && later < rows / 2 && (after - before) / 1000 > STRAY_GAP_MS;
  return { time: new Date(Math.ceil((stray ? before : newest) / 1000)), strays: stray ? later : 0 };
}

async function tableFolder(engine: Engine): Promise<string> {
  const [[folder] = []] = await engine.rows(
    `SELECT data_paths[1] FROM system.tables WHERE database = currentDatabase() AND name = 'events'`,
  );
  return String(folder);
}
