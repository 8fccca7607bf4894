import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../../../lib/errors.ts';
import { compileHogQL } from '../../../../sources/local/hogql/compile.ts';
import { optionsWith } from './engine.ts';

async function refusal(sql: string): Promise<RunbookError> {
  const error: unknown = await compileHogQL(sql, optionsWith()).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RunbookError)) throw new Error(`not refused: ${sql}\n${String(error)}`);
  return error;
}

describe('refusals', () => {
  it.each([
    // What the parser drops or misreads without a word.
    ['select event, count() from events group by event with totals', 'WITH ROLLUP'],
    ['select event, count() from events group by event with rollup', 'WITH ROLLUP'],
    ['select event from events order by event nulls first', 'NULLS FIRST'],
    ['select any(event) ignore nulls from events', 'IGNORE NULLS'],
    ['select event from events format JSON', 'FORMAT is not supported'],
    ['select distinct on (event) event from events', 'DISTINCT ON'],
    ['select event from events limit 5, 10', 'LIMIT a, b'],
    ["select event from events order by event collate 'en'", 'COLLATE'],
    ['select quantiles(0.5)(distinct 1) over () from events', 'DISTINCT in a window function'],
    ['select sum(1) filter (where event = 1) over () from events', 'FILTER in a window function'],
    ['(select 1) union all (select 2) order by 1', 'ORDER BY of a whole UNION'],
    // Statements and tables outside.
    ['select event from events settings max_threads = 1', 'Unsupported: SelectStmt.settingsClause()'],
    ['drop table events', "mismatched input 'drop'"],
    ['select 1; select 2', "mismatched input 'select'"],
    ["select * from file('/etc/passwd')", 'Unknown table function `file`'],
    ["select * from url('http://127.0.0.1', 'CSV')", 'Unknown table function `url`'],
    ["select * from remote('127.0.0.1', system.one)", 'Unknown table function `remote`'],
    ['select * from system.tables', 'Unknown table `system.tables`.'],
    ['select * from ai_events', 'Unknown table `ai_events`.'],
    ['select 1 from other', 'Unknown table `other`.'],
    ['select 1 from constructor', 'Unknown table `constructor`.'],
    ['select number from numbers', "Table function 'numbers' requires arguments"],
    // Functions outside.
    ["select file('/etc/passwd')", "Unsupported function call 'file(...)'"],
    ["select getSetting('max_threads')", "Unsupported function call 'getSetting(...)'"],
    ['select hostName()', "Unsupported function call 'hostName(...)'"],
    ["select dictGet('d', 'a', 1)", "Unsupported function call 'dictGet(...)'"],
    ['select sleep(3)', "Unsupported function call 'sleep(...)'"],
    ['select constructor(1)', "Unsupported function call 'constructor(...)'"],
    ['select hasOwnProperty(1)', "Unsupported function call 'hasOwnProperty(...)'"],
    ['select valueOf()', "Unsupported function call 'valueOf(...)'"],
    ["select arrayReduce('file', [1])", "Invalid parametric function in 'arrayReduce', 'file' is not supported."],
    ['select arrayReduce(event, [1]) from events', "Expected constant string as first arg in function 'arrayReduce'"],
    ['select sumFile(1)', "Unsupported function call 'sumFile(...)'"],
    ['select noway(event) from events', "Unsupported function call 'noway(...)'. Perhaps you meant 'now(...)'?"],
    [
      'select tostring(event) from events',
      "Unsupported function call 'tostring(...)'. Perhaps you meant 'toString(...)'?",
    ],
    // Names.
    ['select chipotle from events', 'Unable to resolve field: chipotle'],
    ['select e.chipotle from events e', 'Field not found: chipotle'],
    ['select constructor from events', 'Unable to resolve field: constructor'],
    ['select person.properties.email from events', 'Unable to resolve field: person'],
    ['select event from events a, events b', 'Ambiguous query. Found multiple sources for field: event'],
    ['select event from events e, events e', 'Already have joined a table called "e"'],
    ['select 1 as a, 2 as a', 'Cannot redefine an alias with the name: a'],
    ['select 1 as team_id', '"team_id" cannot be an alias or identifier, as it\'s a reserved keyword'],
    ['select 1 as `a%b`', 'The HogQL identifier "a%b" is not permitted as it contains the "%" character'],
    ['select * from events, numbers(2)', "Cannot use '*' without table name when there are multiple tables"],
    ['select *', "Cannot use '*' when there are no tables in the query"],
    ['select event.foo from events', 'Cannot resolve type event. Unable to resolve foo.'],
    ['select properties.0 from events', 'SQL indexes start from one, not from zero'],
    ['select [1][0]', 'SQL indexes start from one, not from zero'],
    ['select x from (select 1 as y)', 'Unable to resolve field: x'],
    ['with a as (select 1 as x) select a from events', 'Cannot use the subquery "a" as a value'],
    // Arguments.
    ['select count(1, 2, 3, 4)', "Aggregation 'count' expects at most 1 argument, found 4"],
    ['select countIf()', "Aggregation 'countIf' expects at least 1 argument, found 0"],
    ['select countIf(2, 3, 4)', "Aggregation 'countIf' expects at most 2 arguments, found 3"],
    ['select uniq()', "Aggregation 'uniq' expects at least 1 argument, found 0"],
    ['select quantile(event) from events', "Aggregation 'quantile' requires parameters in addition to arguments"],
    ['select quantile()(event) from events', "Aggregation 'quantile' expects 1 parameter, found 0"],
    ['select quantile(event)(event) from events', "Parameters of 'quantile' must be constants"],
    ['select lower(1, 2)', "Function 'lower' expects 1 argument, found 2"],
    ['select equals(1)', "Comparison 'equals' requires exactly two arguments"],
    [
      'select avg(avg(properties.bla)) from events',
      "Aggregation 'avg' cannot be nested inside another aggregation 'avg'.",
    ],
    ['select row_number() from events', "'row_number' is a window function"],
    ['select b.a(1)', 'You can only call simple functions in HogQL, not expressions'],
    ["select '1'::json", "Unsupported type cast to 'json'"],
    ["select try_cast('1' as int)", 'TRY_CAST is not allowed in clickhouse dialect'],
    // Clauses.
    ['select event from events final', 'The FINAL keyword is not supported in HogQL as it causes slow queries'],
    ['select event from events limit 10 offset 0', 'OFFSET is not supported on queries made with a personal API key.'],
    [
      'select event from events limit 1 offset 2 by event',
      'OFFSET is not supported on queries made with a personal API key.',
    ],
    [
      'select event from (select event from events offset 5)',
      'OFFSET is not supported on queries made with a personal API key.',
    ],
    [
      'select row_number() over () as rn from events qualify rn = 1',
      "QUALIFY is not supported in the 'clickhouse' dialect",
    ],
    ['select 1 from events where event in cohort 3', 'Cohorts are not supported.'],
    ['select a from (values (1)) as v(a)', 'Column aliases of a table are not supported.'],
    ['select 1 union all select 1, 2', 'The parts of a UNION must have the same number of columns.'],
    ['select 1 from events limit 1.5', 'LIMIT must be a whole number.'],
    ['with recursive a as (select 1) select 1 from a', 'WITH RECURSIVE is not supported.'],
    ['select 1 from events e join events f', 'JOIN needs a condition.'],
    ['select {missing}', 'Unresolved placeholder: {missing}'],
    ['select {toString}', 'Unresolved placeholder: {toString}'],
    ['select 1 from {table}', 'A Placeholder cannot be used as a SELECT source'],
    ['select', 'no viable alternative at input'],
    ['   ', 'Empty query'],
  ])('%s', async (sql, message) => {
    const error = await refusal(sql);
    expect(error.code).toBe('hogql');
    expect(error.message.slice(0, message.length)).toBe(message);
    expect(error.position).toMatchObject({ start: expect.any(Number) as number, end: expect.any(Number) as number });
  });

  it('points at the place and says what to write', async () => {
    const sql = "select 'größe 😀', evnt from events";
    const error = await refusal(sql);
    expect(error.position && sql.slice(error.position.start, error.position.end)).toBe('evnt');
    expect(error.hint).toContain('Did you mean event?');
  });

  it('finds what is dropped outside texts and comments only', async () => {
    const sql =
      "select 'with totals nulls first' as a, 1 as `limit 5, 10` -- format JSON\nfrom events /* final */ // distinct on (x)";
    await expect(compileHogQL(sql, optionsWith())).resolves.toMatchObject({ columns: ['a', 'limit 5, 10'] });
  });
});
