import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineMap } from '../../../agent/runbook/line-map.ts';

describe('lineMap', () => {
  it('follows values of one and of several lines', () => {
    const template = 'a\nsql: {{sql}}\nb: {{x}}\nc';
    expect(lineMap(template, 'a\nsql: SELECT 1\nb: 5\nc')).toEqual([0, 1, 2, 3]);
    expect(lineMap(template, 'a\nsql: SELECT\n  1\n  2\nb: 5\nc')).toEqual([0, 1, 1, 1, 2, 3]);
  });

  it('follows what a block leaves out or repeats', () => {
    expect(lineMap('a\n{{#if x}}\nb\n{{/if}}\nc', 'a\nc')).toEqual([0, 4]);
    const repeated = lineMap('a\n{{#each x}}\n- {{this}} end\n{{/each}}\nlast', 'a\n- 1 end\n- 2 end\nlast');
    expect([repeated[0], repeated[3]]).toEqual([0, 4]);
    expect(repeated.slice(1, 3)).toContain(2);
  });

  it('keeps the order, stays inside the template, and is the identity for text without mustaches', () => {
    const line = fc.constantFrom('', 'a', 'b', 'x: {{x}}', '{{#if x}}', 'c: {{a}} {{b}}', 'x: 1');
    const text = fc.array(line, { minLength: 1, maxLength: 12 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (template, rendered) => {
        const map = lineMap(template, rendered);
        expect(map).toHaveLength(rendered.split('\n').length);
        for (const [index, at] of map.entries()) expect(at).toBeGreaterThanOrEqual(map[index - 1] ?? 0);
        expect(Math.max(...map)).toBeLessThan(template.split('\n').length);
        expect(lineMap(template, template)).toEqual(template.split('\n').map((_, index) => index));
      }),
    );
  });
});
