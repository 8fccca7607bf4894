import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repairObject } from '../../../sources/local/repair.ts';

const repaired = (text: string) => {
  const json = repairObject(Buffer.from(text));
  return json === undefined ? undefined : (JSON.parse(json) as unknown);
};

describe('mending JSON', () => {
  it.each([
    ['{"a":NaN,"b":[Infinity,-Infinity,1]}', { a: null, b: [null, null, 1] }],
    ['{"a":"NaN, \\"Infinity\\" \\\\","NaN":NaN}', { a: 'NaN, "Infinity" \\', NaN: null }],
    ['{"a":"x\u0000y\u001fz\ty"}', { a: 'x y z y' }],
    [
      '{"a":"\\ud83d","b":"\\udc00x","c":"\\ud83d\\ude00","d":"\\\\ud83d"}',
      { a: '\uFFFD', b: '\uFFFDx', c: '😀', d: '\\ud83d' },
    ],
    ['\uFEFF{"a":1e999}', { a: null }],
    ['{"a":123456789012345678901234567890}', { a: 1.2345678901234568e29 }],
  ])('%j', (text, expected) => {
    expect(repaired(text)).toEqual(expected);
  });

  it.each([
    '',
    '[]',
    '[{"a":1}]',
    '"a"',
    'null',
    '1',
    '{"a":',
    '{"a":1}{"b":2}',
    '{a:1}',
    `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
  ])('leaves %.20s alone', (text) => {
    expect(repairObject(Buffer.from(text))).toBeUndefined();
  });

  it('takes bytes that are not UTF-8 as U+FFFD', () => {
    const bytes = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(repairObject(bytes)).toBe('{"a":"\uFFFD"}');
  });

  it('keeps every object that is well formed', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' })), (object) => {
        const json = JSON.stringify(object);
        expect(repaired(json)).toEqual(JSON.parse(json));
      }),
    );
  });

  it('never leaves half a surrogate pair, and never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0xd7ff, max: 0xe000 })), fc.uint8Array(), (units, bytes) => {
        const text = JSON.stringify({ a: String.fromCharCode(...units) });
        expect(repairObject(Buffer.from(text))).not.toMatch(/\\ud[89a-f]/u);
        repairObject(bytes);
      }),
    );
  });
});
