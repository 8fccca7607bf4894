import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonOf } from '../../../sources/posthog/answer.ts';

const BIG = '12345678901234567890';

it('reads any JSON as JSON.parse does, but for integers that it would round', () => {
  const exact = (_key: string, value: unknown) =>
    Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value as number) < 1e21 ? String(value) : value;
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      expect(jsonOf(`[${BIG}, ${text}]`)).toEqual([BIG, JSON.parse(text, exact)]);
    }),
  );
});

it('leaves digits within text alone, whatever surrounds them', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('"', '\\', ' ', ',', ':', '[', BIG) }), (text) => {
      expect(jsonOf(JSON.stringify({ [text]: text }))).toEqual({ [text]: text });
    }),
  );
});
