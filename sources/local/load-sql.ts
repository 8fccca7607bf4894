import { eventColumnValues, SIDE_TUPLE, sideColumnValues, withoutEscapes } from './columns.ts';
import { AI_HEAVY, AI_NUMBERS, AI_TEXTS, ROW } from './schema-sql.ts';

/** Fields of an exported event, whatever the exporter calls them. */
const FIELDS = [
  'uuid',
  'event',
  'distinct_id',
  'distinctId',
  'timestamp',
  'person_id',
  'created_at',
  'elements_chain',
  'person_mode',
] as const;
type Field = (typeof FIELDS)[number];

const nullableTexts = (names: readonly string[]) => names.map((name) => `"${name}" Nullable(String)`).join(', ');
const LINE_TUPLE = `Tuple(${nullableTexts(FIELDS)}, properties ${SIDE_TUPLE})`;

/** JSON's white space within a line. */
const SPACES = `' \\t\\r'`;

/** Columns that only a HogQL export of `posthog.ai_events` has at its top level. */
const AI_COLUMNS = ['trace_id', ...AI_TEXTS, ...AI_NUMBERS, 'is_error', ...AI_HEAVY];

/** Whether these top-level names are those of an `ai_events` export: its content stands beside the properties, not inside. */
export function isAiEventsExport(names: readonly string[]): boolean {
  return ['trace_id', 'input', 'output_choices'].some((name) => names.includes(name));
}

/**
 * The rows of a file as text columns: the fields, `props` (JSON text), `x` (its side tuple), `line` (the whole text, kept where the row turns
 * out bad), `checked` (1 where `props` is known to be valid JSON).
 */
type RowsSql = string;

const fields = (value: (name: Field) => string) =>
  FIELDS.filter((name) => name !== 'distinctId')
    .map((name) =>
      name === 'distinct_id'
        ? `coalesce(${value('distinct_id')}, ${value('distinctId')}, '') AS f_distinct_id`
        : `${value(name)} AS f_${name}`,
    )
    .join(', ');

/**
 * Rows of JSON texts. A line is parsed once, for its fields and all side properties together; the properties are then cut out of the line as
 * they stand. They begin at the first `"properties":` where only the line's opening brace came before it and its quote is not an escaped one
 * inside a text. They end at the line's last brace but one where they are its last field; else at the brace that a simple scan finds. The scan
 * is misled by brackets inside texts, so a cut counts only if it is valid JSON: no JSON object is the beginning of another one. What cannot be
 * cut is printed anew by the parser: the same values, perhaps spelled otherwise.
 */
export function jsonRows(from: string, aiExport: boolean): RowsSql {
  const start = `position(line, '"properties":')`;
  const own = `countSubstrings(substring(line, 1, ${start}), '{') = 1 AND substring(line, ${start} - 1, 1) != '\\\\'`;
  const end = `length(trimRight(line, ${SPACES})) - 1`;
  const tail = `trimBoth(substring(line, ${start} + 13, greatest(0, ${end} - ${start} - 12)), ${SPACES})`;
  const text = `coalesce(JSONExtract(line, 'properties', 'Nullable(String)'), '{}')`;
  const parsed = `SELECT line, JSONExtract(line, '${LINE_TUPLE}') AS e, ${start} > 0 AND ${own} AS own, ${tail} AS tail,
      multiIf(own AND startsWith(tail, '{') AND endsWith(tail, '}') AND isValidJSON(tail), tail,
        own AND isValidJSON(simpleJSONExtractRaw(line, 'properties') AS cut) AND startsWith(cut, '{'), cut,
        JSONType(line, 'properties') = 'Object', JSONExtractRaw(line, 'properties'), '') AS object
    FROM ${from} WHERE NOT (length(line) < 16 AND trimBoth(line, ${SPACES}) = '')`;
  const value = (name: string) => `tupleElement(e, '${name}')`;
  if (!aiExport) {
    return `SELECT ${fields(value)}, if(object != '', object, ${text}) AS props, line, toUInt8(object != '') AS checked,
        if(object != '', tupleElement(e, 'properties'), JSONExtract(if(startsWith(trimLeft(props), '{'), props, '{}'), '${SIDE_TUPLE}')) AS x FROM (${parsed})`;
  }
  const merged = mergedProperties('own_props', (name) => `tupleElement(ai, '${name}')`);
  return `SELECT *, ${merged} AS props, JSONExtract(props, '${SIDE_TUPLE}') AS x, toUInt8(0) AS checked FROM (
      SELECT ${fields(value)}, if(object != '', object, ${text}) AS own_props, line, JSONExtract(line, 'Tuple(${nullableTexts(AI_COLUMNS)})') AS ai FROM (${parsed}))`;
}

/** Rows of a Parquet file that has these columns. */
export function parquetRows(from: string, columns: readonly string[]): RowsSql {
  const known = [...FIELDS, 'properties', ...AI_COLUMNS].filter((name) => columns.includes(name));
  const value = (name: string) => (known.includes(name) ? `toString(\`${name}\`)` : `CAST(NULL, 'Nullable(String)')`);
  const props = isAiEventsExport(columns) ? mergedProperties('own_props', value) : 'own_props';
  return `SELECT ${fields(value)}, coalesce(${value('properties')}, '{}') AS own_props, ${props} AS props, '' AS line, toUInt8(0) AS checked,
      JSONExtract(if(startsWith(trimLeft(props), '{'), props, '{}'), '${SIDE_TUPLE}') AS x
    FROM (SELECT ${known.map((name) => `\`${name}\``).join(', ')} FROM ${from})`;
}

/** An `ai_events` row's properties with its top-level columns put back under the names they had, as an event of the time before that table. */
function mergedProperties(properties: string, column: (name: string) => string): string {
  const object = `if(startsWith(trimLeft(${properties}), '{'), trimLeft(${properties}), '{}')`;
  const piece = (name: string, json: string) => {
    const value = column(name);
    return `if(isNull(${value}) OR JSONHas(${properties}, '$ai_${name}'), '', concat('"$ai_${name}":', ${json.replaceAll('?', () => `assumeNotNull(${value})`)}))`;
  };
  const pieces = [
    ...['trace_id', ...AI_TEXTS].map((name) => piece(name, 'toJSONString(?)')),
    ...AI_NUMBERS.map((name) => piece(name, 'if(isNotNull(toFloat64OrNull(?)), ?, toJSONString(?))')),
    piece('is_error', `if(? IN ('1', 'true'), 'true', 'false')`),
    ...AI_HEAVY.map((name) => piece(name, 'if(isValidJSON(?), ?, toJSONString(?))')),
  ];
  return `concat('{', arrayStringConcat(arrayFilter(p -> p != '', arrayConcat([${pieces.join(', ')}], [trim(substring(${object}, 2, length(${object}) - 2))])), ','), '}')`;
}

/** Dates as exports, SDKs and databases write them, and epoch seconds to microseconds. Looser texts would be read as dates of this year. */
const TIME_PATTERN = `'^\\\\s*(\\\\d{4}[-/]\\\\d{2}[-/]\\\\d{2}([T ]|\\\\s*$)|\\\\d{10}(\\\\d{3}|\\\\d{6})?(\\\\.\\\\d+)?\\\\s*$)'`;
const time = (text: string) =>
  `if(match(${text}, ${TIME_PATTERN}), parseDateTime64BestEffortOrNull(${text}, 6, 'UTC'), NULL)`;
const NO_PERSON = `toUUID('00000000-0000-0000-0000-000000000000')`;

/**
 * INSERT of a file's rows. A row without an event name or a readable time is set aside as a bad line with its text; one whose properties are
 * not valid JSON as such, unless `keepBadProperties`. A row without a uuid gets one made from its content.
 */
export function insertEvents(rows: RowsSql, keepBadProperties: boolean): string {
  const bad = `isNull(f_event) OR f_event = '' OR isNull(t) OR t < toDateTime64('1990-01-01 00:00:00', 6, 'UTC')`;
  const badProperties = keepBadProperties ? '0' : 'checked = 0 AND NOT isValidJSON(props)';
  const from = { json: 'props', tuple: 'x', plain: 'plain' };
  const content = `coalesce(f_event, ''), f_distinct_id, coalesce(f_timestamp, ''), props`;
  const values = [
    `coalesce(toUUIDOrNull(f_uuid), reinterpretAsUUID(if(has_uuid, sipHash128(f_uuid), sipHash128(${content}))))`,
    `if(row = ${ROW.badLine}, '', coalesce(f_event, ''))`,
    `if(row = ${ROW.badLine}, line, props)`,
    `coalesce(t, toDateTime64(0, 6, 'UTC'))`,
    'f_distinct_id',
    `coalesce(f_elements_chain, '')`,
    `coalesce(${time(`coalesce(f_created_at, '')`)}, t, toDateTime64(0, 6, 'UTC'))`,
    `coalesce(f_person_mode, '')`,
    `coalesce(toUUIDOrNull(f_person_id), ${NO_PERSON})`,
    ...eventColumnValues(from),
    'row',
    'has_uuid',
    ...sideColumnValues(from),
  ];
  return `INSERT INTO events SELECT ${values.join(', ')}
    FROM (SELECT *, ${time(`coalesce(f_timestamp, '')`)} AS t, ${withoutEscapes('props')} AS plain, toUInt8(coalesce(f_uuid, '') != '') AS has_uuid,
      toUInt8(multiIf(${bad}, ${ROW.badLine}, ${badProperties}, ${ROW.badProperties}, ${ROW.good})) AS row FROM (${rows}))`;
}
