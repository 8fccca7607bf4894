import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rowsJson } from '../../../sources/http/rows-json.ts';

it.each([
  ['Float64', 2, '2.0'],
  ['Float64', 2.5, '2.5'],
  ['Nullable(Float64)', null, 'null'],
  ['Nullable(Float32)', 0, '0.0'],
  ['Float64', 1e300, '1e+300'],
  ['UInt64', 7, '7'],
  ['UInt64', '18446744073709551615', '18446744073709551615'],
  ['Nullable(Int64)', '-9223372036854775808', '-9223372036854775808'],
  ['LowCardinality(Nullable(String))', '18446744073709551615', '"18446744073709551615"'],
  ['String', 'a"\u0000é', '"a\\"\\u0000é"'],
  ['Bool', true, 'true'],
  ['Array(Nullable(Float64))', [1, null, 2.5], '[1.0,null,2.5]'],
  ['Array(Array(UInt64))', [['9007199254740993'], []], '[[9007199254740993],[]]'],
  [
    'Tuple(String, Float64, Tuple(a UInt64, b Array(Float64)))',
    ['1', 1, ['9007199254740993', [3]]],
    '["1",1.0,[9007199254740993,[3.0]]]',
  ],
  ['Tuple(cost Float64, `the name` String)', [1, '2'], '[1.0,"2"]'],
  ['Map(String, Float64)', { a: 1 }, '{"a":1}'],
  ['', undefined, 'null'],
])('%s %j', (type, value, text) => {
  expect(rowsJson([[value]], [type])).toBe(`[[${text}]]`);
});

it('is the JSON of the same rows', () => {
  const cell = fc.oneof(
    fc.string(),
    fc.double({ noDefaultInfinity: true, noNaN: true }),
    fc.constant(null),
    fc.boolean(),
  );
  const types = fc.array(fc.constantFrom('String', 'Float64', 'Nullable(Float64)', 'UInt8', 'Array(Float64)'));
  fc.assert(
    fc.property(fc.array(fc.array(cell)), types, (rows, columns) => {
      expect(JSON.parse(rowsJson(rows, columns))).toEqual(JSON.parse(JSON.stringify(rows)));
    }),
  );
});
