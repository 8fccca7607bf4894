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

/** Time of the newest event, up to the next millisecond; undefined where there is none. */
export async function newestEvent(engine: Engine): Promise<Date | undefined> {
  const [[rows, micros] = []] = await engine.rows('SELECT count(), toUnixTimestamp64Micro(max(timestamp)) FROM events');
  return Number(rows) === 0 ? undefined : new Date(Math.ceil(Number(micros) / 1000));
}

async function tableFolder(engine: Engine): Promise<string> {
  const [[folder] = []] = await engine.rows(
    `SELECT data_paths[1] FROM system.tables WHERE database = currentDatabase() AND name = 'events'`,
  );
  return String(folder);
}
