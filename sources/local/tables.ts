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

/** A few events later than the clock are a client's wrong date; more of them are data of a clock that runs ahead, or generated. */
const STRAY_SHARE = 0.01;
const DAY_MS = 86_400_000;

/**
 * Time of the newest event, up to the next millisecond; undefined where there is none. Less than one event in a hundred that is dated
 * more than a day after `clock` is no measure of time: it is passed over and counted in `strays`.
 */
export async function newestEvent(engine: Engine, clock: Date): Promise<{ time: Date; strays: number } | undefined> {
  const limit = `fromUnixTimestamp64Milli(${clock.getTime() + DAY_MS})`;
  const [[rows, newest, strays, before] = []] = await engine.rows(
    `SELECT count(), toUnixTimestamp64Micro(max(timestamp)), countIf(timestamp > ${limit}), toUnixTimestamp64Micro(maxIf(timestamp, timestamp <= ${limit})) FROM events`,
  );
  if (Number(rows) === 0) return undefined;
  const few = Number(strays) > 0 && Number(strays) < STRAY_SHARE * Number(rows);
  return { time: new Date(Math.ceil(Number(few ? before : newest) / 1000)), strays: few ? Number(strays) : 0 };
}

async function tableFolder(engine: Engine): Promise<string> {
  const [[folder] = []] = await engine.rows(
    `SELECT data_paths[1] FROM system.tables WHERE database = currentDatabase() AND name = 'events'`,
  );
  return String(folder);
}
