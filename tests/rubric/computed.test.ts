import { describe, expect, it } from 'vitest';
import { compareWithComputed } from '../../rubric/computed/compare.ts';

const COMPUTED = `# Report

## Cost Analysis

In all, 175 calls (2.5%) failed and cost $9.70 over \`kb_answer\`.

| Operation | Calls | Cost |
|---|---:|---:|
| \`kb_answer\` | 783 | $9.70 |
| \`draft_reply\` | 794 | $6.82 |
| \`refund_agent\` | 580 | $0.53 |

## Recommendations

### Priority 1: Cache the prefix of kb_answer

#### Evidence

Trace \`aaaa-1\`:

\`\`\`text
What a user typed into the box
\`\`\`

\`\`\`text
What the model answered to that user
\`\`\`

#### How to Measure Success

- **Target:** above 0.5
- **Validation period:** 7 days, since weekdays differ

### Priority 2: Trim the prompts of draft_reply

#### Evidence

Trace \`bbbb-2\` costs $0.25, the dearest of all.
`;

const edited = (from: string | RegExp, to: string) => {
  const text = COMPUTED.replace(from, to);
  expect(text).not.toBe(COMPUTED);
  return compareWithComputed(text, COMPUTED).mismatches;
};

describe('a report beside the text that its data give', () => {
  it('agrees where it is the same, or says other things in other words', () => {
    expect(compareWithComputed(COMPUTED, COMPUTED).mismatches).toEqual([]);
    expect(edited('## Recommendations', 'The team should look at caching first.\n\n## Recommendations')).toEqual([]);
    expect(
      edited('In all, 175 calls (2.5%) failed and cost $9.70 over `kb_answer`.', 'Spending is concentrated.'),
    ).toEqual([]);
    expect(edited('since weekdays differ', 'as weekdays differ')).toEqual([]);
  });

  it('knows the lines that are the same, in their place', () => {
    const lines = COMPUTED.split('\n');
    const { same } = compareWithComputed(COMPUTED.replace('175 calls', '176 calls'), COMPUTED);
    expect(same.has(lines.findIndex((line) => line.includes('175 calls')) + 1)).toBe(false);
    expect(same.has(lines.findIndex((line) => line.includes('| 783 |')) + 1)).toBe(true);
  });

  it.each<[string, string | RegExp, string, RegExp]>([
    ['a figure', '175 calls', '176 calls', /176 in the place of 175: the data say "In all, 175/u],
    ['a share', '(2.5%)', '(5.2%)', /5\.2% in the place of/u],
    ['a sign', 'cost $9.70', 'cost -$9.70', /-\$9\.70 in the place of \$9\.70/u],
    ['a currency', 'cost $9.70', 'cost €9.70', /€9\.70/u],
    ['a name', 'over `kb_answer`.', 'over `draft_reply`.', /`draft_reply` in the place of `kb_answer`/u],
    ['a comparison', 'above 0.5', 'below 0.5', /below in the place of above/u],
    ['a negation that is put in', 'failed and', 'never failed and', /"never" turns it round/u],
    ['what is counted', '175 calls', '175 users', /users in the place of calls/u],
    [
      'two figures that changed places',
      '175 calls (2.5%) failed and cost $9.70',
      '$9.70 calls (2.5%) failed and cost 175',
      /changed places/u,
    ],
    ['digits of another script', '175 calls', '１７６ calls', /176 in the place of 175/u],
    ['a superlative', 'the dearest of all', 'the cheapest of all', /cheapest in the place of dearest/u],
  ])('contradicts it with %s', (_name, from, to, reason) => {
    const [first, ...more] = edited(from, to);
    expect(more).toEqual([]);
    expect(first?.reason).toMatch(reason);
  });

  it.each<[string, string | RegExp, string, RegExp]>([
    ['another figure', '| 783 | $9.70 |', '| 783 | $9.71 |', /^Cost: the data say "\$9\.70"/u],
    ['an empty cell', '| 783 | $9.70 |', '| 783 | |', /^Cost: the data say "\$9\.70"/u],
    [
      'a row that the data do not have',
      '| `refund_agent` | 580 | $0.53 |',
      '| `refund_agent` | 580 | $0.53 |\n| `ghost` | 7 | $1.00 |',
      /no such row/u,
    ],
    ['a row less', '| `draft_reply` | 794 | $6.82 |\n', '', /lacks the row .*draft_reply/u],
    [
      'a row twice',
      '| `draft_reply` | 794 | $6.82 |\n',
      '| `draft_reply` | 794 | $6.82 |\n| `draft_reply` | 794 | $6.82 |\n',
      /twice/u,
    ],
    ['rows in another order', /(\| `kb.*\n)(\| `draft.*\n)/u, '$2$1', /another order/u],
    ['another column head', '| Operation | Calls |', '| Operation | Users |', /column 2: the data say "Calls"/u],
  ])('has a table with %s', (_name, from, to, reason) => {
    expect(edited(from, to).map((mismatch) => mismatch.reason)).toEqual([expect.stringMatching(reason)]);
  });

  it('puts a quotation or a figure where it does not belong', () => {
    const quote = '```text\nWhat a user typed into the box\n```\n';
    const moved = COMPUTED.replace(quote, '').replace('Trace `bbbb-2`', `${quote}\nTrace \`bbbb-2\``);
    expect(compareWithComputed(moved, COMPUTED).mismatches).toEqual([
      expect.objectContaining({ reason: 'in the data this stands under Recommendations / 1 / Evidence' }),
    ]);
    const swapped = COMPUTED.replace(/(```text\nWhat a[^`]*```\n)\n(```text\n[^`]*```\n)/u, '$2\n$1');
    expect(compareWithComputed(swapped, COMPUTED).mismatches.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/another order/u),
    ]);
  });

  it('is read in linear time, whatever its tables are ruled with', () => {
    const ruled = [`|${'-'.repeat(100_000)}x`, `|${'- '.repeat(50_000)}x`, `|${'---|'.repeat(25_000)}x`].join('\n');
    const started = process.cpuUsage();
    expect(compareWithComputed(`${COMPUTED}\n${ruled}\n`, COMPUTED).mismatches).toEqual([]);
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(1_000);
  });

  it('names the line and what stands there', () => {
    expect(edited('| 783 |', '| 784 |')).toEqual([expect.objectContaining({ line: 9, text: '784' })]);
  });
});
