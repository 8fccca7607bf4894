import type { Engine } from './engine.ts';
import { createEvents } from './schema-sql.ts';

const KEY = 'sipHash128(event, distinct_id, uuid)';
const REPEATED = `SELECT ${KEY} AS k FROM events GROUP BY k HAVING count() > 1`;

/**
 * Exports and retries can repeat rows: of those with the same event, distinct_id and uuid the one with most content is kept, since an
 * `ai_events` export repeats the events of an `events` export and adds prompts and outputs. Rows that came without a uuid are all kept: equal
 * ones, whose made uuids are equal too, are numbered apart.
 * @returns how many rows were dropped
 */
export async function dropDuplicates(engine: Engine, signal?: AbortSignal): Promise<number> {
  const [[rows = 0, keys = 0] = []] = await engine.rows(`SELECT count(), uniqExact(${KEY}) FROM events`, signal);
  if (rows === keys) return 0;
  await engine.run(createEvents('events_once'));
  await engine.run(`INSERT INTO events_once SELECT * FROM events WHERE ${KEY} NOT IN (${REPEATED})`, signal);
  await engine.run(
    `INSERT INTO events_once SELECT * FROM events WHERE _has_uuid = 1 AND ${KEY} IN (${REPEATED})
     ORDER BY length(properties) DESC, timestamp, cityHash64(properties) LIMIT 1 BY event, distinct_id, uuid`,
    signal,
  );
  await engine.run(
    `INSERT INTO events_once SELECT * EXCEPT copy REPLACE (if(copy = 1, uuid, reinterpretAsUUID(sipHash128(uuid, copy))) AS uuid)
     FROM (SELECT *, row_number() OVER (PARTITION BY event, distinct_id, uuid) AS copy FROM events WHERE _has_uuid = 0 AND ${KEY} IN (${REPEATED}))`,
    signal,
  );
  await engine.run('EXCHANGE TABLES events AND events_once');
  const [[left = 0] = []] = await engine.rows('SELECT count() FROM events');
  await engine.run('DROP TABLE events_once SYNC');
  return Number(rows) - Number(left);
}
