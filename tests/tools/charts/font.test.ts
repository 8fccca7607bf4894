import { Resvg } from '@resvg/resvg-js';
import { describe, expect, test } from 'vitest';
import { fontFiles, missingGlyphs, textWidth } from '../../../tools/charts/font.ts';

describe('text width', () => {
  test.each([
    ['Cost by operation $1,234.56', 400],
    ['support.answer_question', 400],
    ['Daily cost by model', 600],
    ['Łódź, Ελλάδα, Москва', 400],
  ])('agrees with what is drawn: %s', (text, weight) => {
    const drawn = new Resvg(
      `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="60"><text y="30" font-family="Inter" font-weight="${weight}" font-size="30">${text}</text></svg>`,
      { font: { loadSystemFonts: false, fontFiles: fontFiles(), defaultFontFamily: 'Inter' } },
    );
    const width = drawn.getBBox()?.width ?? 0;
    expect(width).toBeGreaterThan(100);
    expect(Math.abs(textWidth(text, 30, weight) - width) / width).toBeLessThan(0.05);
  });

  test('grows with size and weight', () => {
    expect(textWidth('abc', 20)).toBeCloseTo(2 * textWidth('abc', 10));
    expect(textWidth('abc', 10, 'bold')).toBeGreaterThan(textWidth('abc', 10, 'normal'));
    expect(textWidth('', 10)).toBe(0);
  });
});

test('characters that the font lacks are named once; spaces and joiners are none', () => {
  expect(missingGlyphs('abc é Ω ж … → 漢漢 💸\u2060\u00a0\n')).toEqual(['漢', '💸']);
});
