import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import type { SourceNotice } from '../source.ts';
import { SIDE_TUPLE, sideColumnValues } from './columns.ts';
import type { Engine } from './engine.ts';
import { stringLiteral } from './hql/literals.ts';
import { createAiEvents, createEvents } from './schema-sql.ts';

const EVENT_FILE = /\.(?:jsonl|ndjson|json|parquet)(?:\.(?:gz|gzip|zst|br|bz2|xz|lz4))?$/iu;
const FORMATS =
  'JSON lines (.jsonl, .jsonl.gz, .jsonl.zst …), a JSON array (.json) or Parquet, as PostHog batch exports write them';

/**
 * The event files that the given paths stand for: files as they are, folders with every event file below them.
 * @throws RunbookError `usage` naming the path that is missing or holds no event file
 */
export function eventFiles(paths: string[]): string[] {
  return paths.flatMap((given) => {
    const full = path.resolve(given);
    const stat = statSync(full, { throwIfNoEntry: false });
    if (!stat)
      throw new RunbookError('usage', `${given}: there is no such file or folder.`, {
        at: given,
        hint: 'Check the path given to --source.',
      });
    if (!stat.isDirectory()) return [full];
    const found = readdirSync(full, { recursive: true, encoding: 'utf8' }).filter(
      (name) => EVENT_FILE.test(name) && path.basename(name) !== 'manifest.json',
    );
    if (found.length === 0)
      throw new RunbookError('usage', `${given}: the folder holds no event files.`, {
        at: given,
        hint: `Expected ${FORMATS}.`,
      });
    return found.sort().map((name) => path.join(full, name));
  });
}

interface Loaded {
  rows: number;
  lines: number;
  bytes: number;
}

/** Loads the files into `events` and returns what a reader of the report must know about them. */
export async function loadFiles(engine: Engine, files: string[]): Promise<SourceNotice[]> {
  await engine.run(createEvents('events'));
  const notices: SourceNotice[] = [];
  for (const file of files) {
    const loaded = await loadFile(engine, file);
    const name = path.basename(file);
    if (loaded.lines === 0) notices.push({ code: 'file_empty', count: 0, message: `${name} is empty.` });
    else if (loaded.rows === 0) {
      throw new RunbookError(
        'not_events',
        `${file} holds no events: none of its ${loaded.lines} lines is an event with "event" and "timestamp".`,
        { at: file, hint: `Expected ${FORMATS}.` },
      );
    }
    const skipped = loaded.lines - loaded.rows;
    if (loaded.rows > 0 && skipped > 0) {
      notices.push({
        code: 'lines_skipped',
        count: skipped,
        message: `${skipped} of ${loaded.lines} lines of ${name} could not be read as events and were skipped.`,
      });
    }
  }
  const duplicates = await dropDuplicates(engine);
  if (duplicates > 0) {
    notices.push({
      code: 'duplicates_dropped',
      count: duplicates,
      message: `${duplicates} duplicate events (same event, distinct_id and uuid) were dropped.`,
    });
  }
  await engine.run(createAiEvents());
  return notices;
}

const DUPLICATE_KEY = 'event, distinct_id, uuid';

/** Exports and retries can repeat rows; the first of each is kept. Rows that came without a uuid are never duplicates. */
async function dropDuplicates(engine: Engine): Promise<number> {
  const [[count = 0] = []] = await engine.rows(
    `SELECT toUInt32(count() - uniqExact(${DUPLICATE_KEY})) FROM events WHERE has_uuid = 1`,
  );
  if (Number(count) === 0) return 0;
  await engine.run(createEvents('events_once'));
  await engine.run(
    `INSERT INTO events_once SELECT * FROM events ORDER BY ${DUPLICATE_KEY}, timestamp LIMIT 1 BY ${DUPLICATE_KEY}, if(has_uuid = 1, 0, rand64())`,
  );
  await engine.run('DROP TABLE events');
  await engine.run('RENAME TABLE events_once TO events');
  return Number(count);
}

async function loadFile(engine: Engine, file: string): Promise<Loaded> {
  try {
    return /\.parquet$/iu.test(file) ? await loadParquet(engine, file) : await loadJson(engine, file);
  } catch (cause) {
    if (cause instanceof RunbookError && cause.code !== 'hogql') throw cause;
    throw new RunbookError('not_events', `${file} cannot be read as events: ${messageOf(cause).slice(0, 300)}`, {
      at: file,
      hint: `Expected ${FORMATS}.`,
      cause,
    });
  }
}

/** Fields of an exported event, whatever the exporter calls them. */
const FIELDS = ['uuid', 'event', 'distinct_id', 'distinctId', 'timestamp', 'properties', 'person_id', 'created_at'];
const FIELD_TUPLE = `Tuple(${FIELDS.map((name) => `"${name}" Nullable(String)`).join(', ')})`;

async function loadJson(engine: Engine, file: string): Promise<Loaded> {
  const quoted = stringLiteral(file);
  const [[first = ''] = []] = await engine.rows(
    `SELECT line FROM file(${quoted}, 'LineAsString', 'line String') WHERE trim(line) != '' LIMIT 1`,
  );
  const array = /^\uFEFF?\s*\[/u.test(String(first));
  const from = array
    ? `file(${quoted}, 'JSONAsString', 'line String')`
    : `file(${quoted}, 'LineAsString', 'line String')`;
  const field = (name: string) => `tupleElement(e, '${name}')`;
  const source = `SELECT ${field('uuid')} AS u, ${field('event')} AS ev, coalesce(${field('distinct_id')}, ${field('distinctId')}, '') AS did, ${field('timestamp')} AS ts,
      coalesce(${field('properties')}, '{}') AS props, ${field('person_id')} AS person, ${field('created_at')} AS created
    FROM (SELECT JSONExtract(line, '${FIELD_TUPLE}') AS e FROM ${from} WHERE trim(line) != '')`;
  return insert(engine, source, `SELECT toUInt32(countIf(trim(replaceAll(line, '\\r', '')) != '')) FROM ${from}`);
}

async function loadParquet(engine: Engine, file: string): Promise<Loaded> {
  const from = `file(${stringLiteral(file)}, 'Parquet')`;
  const described = await engine.rows(`DESCRIBE TABLE ${from}`);
  const has = new Set(described.map(([name]) => String(name)));
  if (!has.has('event') || !has.has('timestamp')) return { rows: 0, lines: 1, bytes: 0 };
  const column = (name: string, missing = 'NULL') => (has.has(name) ? `toString(${name})` : missing);
  const source = `SELECT ${column('uuid')} AS u, ${column('event')} AS ev, coalesce(${column('distinct_id', "''")}, '') AS did, ${column('timestamp')} AS ts,
      coalesce(${column('properties', "'{}'")}, '{}') AS props, ${column('person_id')} AS person, ${column('created_at')} AS created FROM ${from}`;
  return insert(engine, source, `SELECT toUInt32(count()) FROM ${from}`);
}

/** Inserts what reads as an event: a name and a time that can be parsed. */
async function insert(engine: Engine, source: string, countSql: string): Promise<Loaded> {
  const before = await total(engine);
  await engine.run(`INSERT INTO events SELECT
      coalesce(toUUIDOrNull(u), reinterpretAsUUID(sipHash128(ev, did, ts, props))) AS uuid, ev AS event, props AS properties, t AS timestamp, did AS distinct_id, '' AS elements_chain,
      coalesce(parseDateTime64BestEffortOrNull(created, 6, 'UTC'), t) AS created_at, session AS \`$session_id\`, NULL AS \`$window_id\`, '' AS person_mode,
      coalesce(toUUIDOrNull(person), toUUID('00000000-0000-0000-0000-000000000000')) AS person_id, NULL, NULL, NULL, NULL, NULL,
      if(isNull(toUUIDOrNull(u)), 0, 1) AS has_uuid, ${sideColumnValues('props', 'x').join(', ')}
    FROM (SELECT *, parseDateTime64BestEffortOrNull(ts, 6, 'UTC') AS t, nullIf(JSONExtractString(props, '$session_id'), '') AS session, JSONExtract(props, '${SIDE_TUPLE}') AS x FROM (${source})
      WHERE isNotNull(ev) AND ev != '' AND isNotNull(ts))
    WHERE isNotNull(t) AND t >= toDateTime64('1990-01-01 00:00:00', 6, 'UTC')`);
  const [[lines = 0] = []] = await engine.rows(countSql);
  return { rows: (await total(engine)) - before, lines: Number(lines), bytes: 0 };
}

async function total(engine: Engine): Promise<number> {
  const [[count = 0] = []] = await engine.rows('SELECT toUInt32(count()) FROM events');
  return Number(count);
}
