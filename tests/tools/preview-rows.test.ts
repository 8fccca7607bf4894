import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { previewRows } from '../../tools/preview-rows.ts';

describe('the preview of a result', () => {
  it('is its first rows as they are, where they are short', () => {
    const rows = [1, 2, 3, 4, 5, 6].map((n) => [n, 'text', null, ['a', 'b']]);
    expect(previewRows(rows)).toEqual({ preview: rows.slice(0, 5), note: null });
  });

  it('has long texts, arrays and objects cut, and says so', () => {
    const { preview, note } = previewRows([['x'.repeat(121), Array(500).fill('word'), { text: 'y'.repeat(500) }]]);
    expect(preview[0]?.map((cell) => String(cell).length)).toEqual([120, 400, 400]);
    expect(note).toContain('save_as');
  });

  it('has fewer rows where they are wide, and says how many there are', () => {
    const { preview, note } = previewRows(Array(9).fill(Array(80).fill('x'.repeat(110))));
    expect(preview).toHaveLength(2);
    expect(note).toContain('2 of 9 rows');
  });

  it('never is longer than its bound', () => {
    const rows = fc.array(fc.array(fc.jsonValue(), { maxLength: 400 }), { maxLength: 9, size: 'max' });
    fc.assert(
      fc.property(rows, (given) => JSON.stringify(previewRows(given).preview).length <= 24_000),
      {
        numRuns: 30,
      },
    );
  });
});
