import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { toolBlocks } from '../../../agent/runbook/tool-blocks.ts';

const read = (text: string) => toolBlocks(text, 'steps/01.md', (line) => line + 10);

describe('toolBlocks', () => {
  it('reads one call, several calls of one block, and values with their types', () => {
    const blocks = read(
      'Prose.\n\n```tool\na:\n  n: 5\n  on: true\n  text: "5"\n```\n\n~~~tool\n- b: {}\n- c:\n    list: [1, x]\n~~~\n',
    );
    expect(blocks.map(({ tool, input }) => [tool, input])).toEqual([
      ['a', { n: 5, on: true, text: '5' }],
      ['b', {}],
      ['c', { list: [1, 'x'] }],
    ]);
    expect(blocks.map(({ line }) => line)).toEqual([14, 21, 22]);
    expect(blocks[0]?.lineOf(['text'])).toBe(17);
    expect(blocks[2]?.lineOf(['list', 1])).toBe(23);
  });

  it('takes other fences, and blocks inside a longer fence, as prose', () => {
    expect(read('```yaml\na: {}\n```\n````md\n```tool\na: {}\n```\n````\n    ```tool\n')).toEqual([]);
  });

  it('names the line of a block that is not closed, no mapping, or no YAML', () => {
    expect(() => read('x\n```tool\na: {}\n')).toThrow(/steps\/01\.md:12: the tool block is not closed/u);
    expect(() => read('```tool\njust words\n```')).toThrow(/steps\/01\.md:12: a tool block holds/u);
    expect(() => read('```tool\na:\n  b: [1\n```')).toThrow(/steps\/01\.md:1[234]: /u);
    expect(() => read('```tool\na: {x: 1, x: 2}\n```')).toThrow(/steps\/01\.md:12: .*unique/u);
  });

  it('gives back any input that was written as YAML', () => {
    const value = fc.jsonValue({ maxDepth: 3, noUnicodeString: false });
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/u), value, { minKeys: 1 }), (input) => {
        const [block] = read(`\`\`\`tool\n${stringify({ t: input }, { lineWidth: 0 })}\`\`\`\n`);
        expect(JSON.stringify(block?.input)).toBe(JSON.stringify(input));
      }),
      { examples: [[{ sql: 'SELECT 1\n  -- ```\nFROM x' }]] },
    );
  });
});
