import type { Engine } from './engine.ts';
import { repairObject } from './repair.ts';
import { ROW } from './schema-sql.ts';

export interface Rescue {
  /** Rows that could not be read as events. */
  skipped: number;
  /** Numbers of the first skipped lines, counted from 1; empty where the file has no lines. */
  lineNumbers: number[];
}

/** Bad rows whose text is looked at together: bounds memory. */
const PAGE_BYTES = 32e6;
/** Files of which this many first lines cannot be mended are not looked through further: they hold something else. */
const GIVE_UP_AFTER = 2000;
const NAMED_LINES = 5;

/**
 * Looks again at the rows that a load set aside. Lines and properties that a lenient reader understands are mended and given to `load`; what is
 * left is counted and dropped.
 * @param from the table function that the rows came from, to find line numbers
 */
export async function rescueRows(
  engine: Engine,
  from: string,
  load: (lines: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<Rescue> {
  const [[count = 0, longest = 0] = []] = await engine.rows(
    `SELECT count(), max(length(properties)) FROM events WHERE _row != ${ROW.good}`,
  );
  if (Number(count) === 0) return { skipped: 0, lineNumbers: [] };
  const before = await goodRows(engine);
  await setAside(engine, signal);
  const page = Math.max(1, Math.min(1000, Math.floor(PAGE_BYTES / Math.max(1, Number(longest)))));
  const unmended: number[] = [];
  let blank = 0;
  let mended = 0;
  for (let start = 0; start < Number(count) && (mended > 0 || start < GIVE_UP_AFTER); start += page) {
    const lines: string[] = [];
    const rows = `SELECT n, row, head, if(row = ${ROW.badLine} AND isValidJSON(text), '', base64Encode(text)) FROM aside`;
    for (const [n, row, head, text] of await engine.rows(
      `${rows} WHERE n >= ${start} AND n < ${start + page} ORDER BY n`,
      signal,
    )) {
      const bytes = Buffer.from(String(text), 'base64');
      const line = mend(Number(row), String(head), bytes);
      if (line !== undefined) lines.push(line);
      else if (bytes.length > 0 && bytes.toString('latin1').trim() === '') blank += 1;
      else if (unmended.length < NAMED_LINES) unmended.push(Number(n));
    }
    mended += lines.length;
    if (lines.length > 0) await load(`${lines.join('\n')}\n`);
  }
  const lineNumbers = await findLines(engine, from, unmended, signal);
  await engine.run(`ALTER TABLE events DROP PARTITION ${ROW.badLine}`);
  await engine.run('DROP TABLE aside SYNC');
  return { skipped: Number(count) - blank - ((await goodRows(engine)) - before), lineNumbers };
}

/** Moves the set-aside rows out of `events`, numbered. */
async function setAside(engine: Engine, signal?: AbortSignal): Promise<void> {
  const head = ['uuid', 'event', 'distinct_id', 'timestamp', 'created_at', 'person_id', 'elements_chain']
    .map((name) => `'${name}', toString(${name})`)
    .join(', ');
  await engine.run('CREATE TABLE aside (n UInt64, row UInt8, head String, text String) ENGINE = MergeTree ORDER BY n');
  await engine.run(
    `INSERT INTO aside SELECT rowNumberInAllBlocks(), _row, toJSONString(map(${head})), properties FROM events WHERE _row != ${ROW.good} SETTINGS max_threads = 1`,
    signal,
  );
  for (const row of [ROW.badLine, ROW.badProperties]) await engine.run(`ALTER TABLE events DROP PARTITION ${row}`);
}

/** The line to load instead of a row that was set aside; properties that cannot be mended stay as they are. */
function mend(row: number, head: string, bytes: Buffer): string | undefined {
  if (row === ROW.badLine) return repairObject(bytes);
  const properties = repairObject(bytes) ?? JSON.stringify(bytes.toString('utf8'));
  return `${head.slice(0, -1)},"properties":${properties}}`;
}

async function findLines(engine: Engine, from: string, aside: number[], signal?: AbortSignal): Promise<number[]> {
  if (aside.length === 0 || !from.includes("'LineAsString'")) return [];
  const found = await engine.rows(
    `SELECT number FROM (SELECT rowNumberInAllBlocks() + 1 AS number, line FROM ${from})
     WHERE cityHash64(line) IN (SELECT cityHash64(text) FROM aside WHERE n IN (${aside.join(', ')})) LIMIT ${NAMED_LINES}
     SETTINGS max_threads = 1, input_format_parallel_parsing = 0`,
    signal,
  );
  return found.map(([number]) => Number(number));
}

async function goodRows(engine: Engine): Promise<number> {
  const [[count = 0] = []] = await engine.rows(`SELECT count() FROM events WHERE _row = ${ROW.good}`);
  return Number(count);
}
