import { describe, expect, it } from 'vitest';
import { bounded } from '../../../agent/mcp/bounded.ts';

describe('the output of a tool', () => {
  it('is left as it is where it is short enough', () => {
    const output = { text: 'x'.repeat(12_000), list: [1, 2] };
    expect(bounded(output)).toEqual({ output });
  });

  it.each([
    ['many names', Array.from({ length: 20_000 }, (_item, n) => `model-${n}`), 200],
    ['long names', Array.from({ length: 20 }, () => 'x'.repeat(90_000)), 20],
    ['many long names', Array.from({ length: 9000 }, () => 'x'.repeat(9000)), 50],
  ])('with %s is cut, keeps its shape, and says so', (_what, unpriced, kept) => {
    const { output, note } = bounded({ models: 3, unpriced, saved_as: 'data/price_map.json' });
    expect(JSON.stringify(output).length).toBeLessThan(48_000);
    expect(output).toMatchObject({ models: 3, saved_as: 'data/price_map.json' });
    expect((output as { unpriced: string[] }).unpriced).toHaveLength(kept);
    expect(note).toContain('read_artifact');
  });
});
