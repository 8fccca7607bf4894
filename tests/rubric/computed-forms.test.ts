import { describe, expect, it } from 'vitest';
import { compareWithComputed } from '../../rubric/computed/compare.ts';

const COMPUTED = `# Report

## Executive Summary

- **Generations analyzed:** 2,800 in 1,760 traces
- **Total cost:** $4.61 ($4.02 recorded by PostHog, $0.59 or 12.8% backfilled from model prices); no cost is known for 205 calls
- **Total projected monthly savings:** $1.17 (range $0.56 to $1.77) of $6.63 spent a month at the window's rate

**Top findings**

1. Cache the shared prompt prefix of kb\\_answer: $5.57 a month
2. Trim the prompts of draft\\_reply: $3.18 a month

## Cost Analysis

| Operation | Total cost | Total tokens | p95 latency |
|---|---:|---:|---:|
| \`kb_answer\` | $9.70 | 1,624,380 | 2.55 s |
| \`draft_reply\` | $6.82 | 2,694 | 0.38 s |

### Trend

Cost a day over the whole window, the last 7 and the last 3 days.

## High-Variance Investigation

### kb\\_answer

Traces cost $0.0112 to $0.0152, $0.0124 on average. What most often sets the outliers apart: **longer answers**.

### draft\\_reply

Traces cost $0.0026 to $0.0443, $0.0086 on average. What most often sets the outliers apart: **longer prompts**.

## Qualitative Findings

### Prompt stuffing

Estimated frequency: 7 of 15 sampled traces. Counted over all traces of \`kb_answer\`: 17 of 68 (25.0%).

Why it matters: Tokens that the task does not need are paid on every call and dilute what matters.

\`\`\`text
The charge was a pre-authorisation and will be released, not kept, within five days. Sign out on all devices.
\`\`\`

The spend of \`kb_answer\` rose above $0.32 a day and fell below the one of \`draft_reply\`.

## Recommendations

### Priority 1: Cache the shared prompt prefix of kb\\_answer

- **Metric:** prompt tokens per call
- **Target:** above 0.5

No saving is claimed: the gain is in quality and reliability, or the calls have no known price. The metric above shows it.
`;

const faultsOf = (report: string) =>
  compareWithComputed(report, COMPUTED).mismatches.map(({ text, reason }) => `${text}: ${reason}`);
const everyLine = (write: (line: string) => string) => COMPUTED.split('\n').map(write).join('\n');
const edited = (from: string, to: string) => {
  const report = COMPUTED.replace(from, () => to);
  expect(report).not.toBe(COMPUTED);
  return faultsOf(report);
};

describe('another way of writing the same report down', () => {
  it.each<[string, string]>([
    ['bullets of +', everyLine((line) => line.replace(/^- /u, '+ '))],
    ['bullets of *', everyLine((line) => line.replace(/^- /u, '* '))],
    ['numbers with a bracket', everyLine((line) => line.replace(/^(\d)\. /u, '$1) '))],
    ['bold with underscores', everyLine((line) => line.replaceAll('**', '__'))],
    ['no bold', everyLine((line) => line.replaceAll('**', ''))],
    ['no escapes', everyLine((line) => line.replaceAll('\\_', '_'))],
    ['closed headings and CRLF', everyLine((line) => `${line.replace(/^(#+) (.*)$/u, '$1 $2 $1')}\r`)],
    ['closed headings', everyLine((line) => line.replace(/^(#+) (.*)$/u, '$1 $2 $1'))],
    ['underlined headings', everyLine((line) => line.replace(/^## (.*)$/u, '$1\n---'))],
    ['blank lines', everyLine((line) => (line === '' ? '\n\n' : line))],
    ['trailing spaces', everyLine((line) => `${line}  `)],
    ['wider tables', everyLine((line) => line.replaceAll(' | ', '   |  ').replaceAll('---:', ':-----:'))],
    [
      'wrapped prose',
      everyLine((line) => (/^[A-Z-]/u.test(line) ? line.replace(/(.{20,}?) (?=[\da-z$])/gu, '$1\n') : line)),
    ],
    ['no thousands', everyLine((line) => line.replace(/(?<=\d),(?=\d{3})/gu, ''))],
    ['narrow spaces', everyLine((line) => line.replace(/(?<=\d),(?=\d{3})/gu, '\u202F'))],
    ['no-break spaces', everyLine((line) => line.replace(/(?<=\d),(?=\d{3})/gu, '\u00A0'))],
    ['apostrophes', everyLine((line) => line.replace(/(?<=\d),(?=\d{3})/gu, "'"))],
    ['dollars as a word', everyLine((line) => line.replace(/\$([\d.]+)/gu, '$1 USD'))],
  ])('is the same with %s', (_name, report) => {
    expect(report).not.toBe(COMPUTED);
    expect(faultsOf(report)).toEqual([]);
  });

  it('puts a moved line under a heading that is closed, underlined or the author’s own', () => {
    const line =
      'Traces cost $0.0112 to $0.0152, $0.0124 on average. What most often sets the outliers apart: **longer answers**.';
    const moved = COMPUTED.replace(`${line}\n\n`, '').replace(
      '### draft\\_reply\n',
      `### draft_reply ###\n\n${line}\n`,
    );
    const own = COMPUTED.replace(`${line}\n\n`, '').replace('## Qualitative', `### Notes\n\n${line}\n\n## Qualitative`);
    for (const report of [moved, own])
      expect(faultsOf(report)).toEqual([
        expect.stringContaining('stands under High-Variance Investigation / kb_answer'),
      ]);
  });
});

interface Place {
  from: string;
  harmless: string[];
  wrong: string[];
}

/** The same places, said otherwise and said wrongly. */
const PLACES: Place[] = [
  {
    from: '$4.61 (',
    harmless: ['about $4.6 (', 'about $5 (', '$4.6137 (', '4.61 USD (', '~$4.6 ('],
    wrong: ['$4.62 (', 'about $4.7 (', 'about $4 (', '$4.6200 (', '4.16 USD (', '€4.61 (', '-$4.61 (', '$4.61k ('],
  },
  {
    from: '2,800 in 1,760 traces',
    harmless: ['about 2.8k in 1,760 traces', '2800 in roughly 1.8k traces'],
    wrong: ['about 2.9k in 1,760 traces', '2,801 in 1,760 traces', '1,760 in 2,800 traces', '2,800 in 1,760 users'],
  },
  { from: 'no cost is known', harmless: ['the cost is unknown'], wrong: ['a cost is known', 'no cost is not known'] },
  {
    from: 'range $0.56 to $1.77',
    harmless: ['range $0.56–$1.77', 'range $0.56-$1.77', 'range: $0.6 to $1.8'],
    wrong: ['range $0.56–$1.78', 'range $1.77–$0.56', 'range $0.5 to $1.77'],
  },
  {
    from: 'spent a month',
    harmless: ['spent monthly', 'spent per month'],
    wrong: ['spent weekly', 'spent a year', 'spent a quarter'],
  },
  {
    from: '**Top findings**',
    harmless: ['**The top findings**', 'Top findings:'],
    wrong: ['**No top findings**'],
  },
  { from: '$5.57 a month', harmless: ['$5.6 a month'], wrong: ['$5.57 a year', '$5.75 a month'] },
  {
    from: 'Trim the prompts of draft\\_reply',
    harmless: ['Trim the prompts of `draft_reply`'],
    wrong: ['Trim the prompts of kb\\_answer', 'Trim the prompts of `kb_answer`'],
  },
  {
    from: '| $9.70 | 1,624,380 | 2.55 s |',
    harmless: ['| $9.7 | 1.62M | 2,551 ms |', '| 9.70 USD | 1624380 | about 2.6 s |'],
    wrong: [
      '| $9.70 | 1,624,380 | 2.55 ms |',
      '| $9.70 | 1,624,380 | 2,560 ms |',
      '| $9.7 | 1.63M | 2.55 s |',
      '| $9.70 | 1,624,380 | |',
    ],
  },
  { from: '| Total cost |', harmless: ['| **Total cost** |'], wrong: ['| Total savings |', '| Calls |'] },
  {
    from: 'Cost a day over the whole window, the last 7 and the last 3 days.',
    harmless: ['Daily cost: the whole window, the last 7 days, the last 3 days.'],
    wrong: [
      'Cost a week over the whole window, the last 7 and the last 3 days.',
      'Daily cost: the whole window, the last 7 days, the last 4 days.',
    ],
  },
  {
    from: 'apart: **longer answers**.',
    harmless: ['apart: longer answers.', 'apart: _longer answers_'],
    wrong: ['apart: **longer prompts**.', 'apart: **shorter answers**.'],
  },
  {
    from: '7 of 15 sampled traces',
    harmless: ['7 of 15 traces of those sampled', '7 of the 15 sampled traces'],
    wrong: ['7 of 15 sampled users', '8 of 15 sampled traces', '15 of 7 sampled traces'],
  },
  {
    from: 'all traces of `kb_answer`: 17 of 68',
    harmless: ['all traces\nof `kb_answer`: 17 of\n68'],
    wrong: [
      'all traces of `draft_reply`: 17 of 68',
      'all traces\nof `kb_answer`: 17 of\n86',
      'no traces of `kb_answer`: 17 of 68',
      '200 traces of `kb_answer`: 17 of 68',
    ],
  },
  {
    from: 'Tokens that the task does not need are paid on every call and dilute what matters.',
    harmless: [
      'every call pays for tokens that the task does not need.',
      "Tokens that the task doesn't need are paid on each call and dilute what matters.",
    ],
    wrong: ['Tokens that the task does need are paid on every call and dilute what matters.'],
  },
  {
    from: ', not kept, within five days. Sign out on all devices.',
    harmless: [', not kept, within…', ', not kept, within five days. Sign ...'],
    wrong: [
      ', kept, within five days. Sign out on all devices.',
      ', not kept, within nine days. Sign out on all devices.',
    ],
  },
  {
    from: 'The spend of `kb_answer` rose above $0.32 a day and fell below the one of `draft_reply`.',
    harmless: [
      '#### Notes\n\nThe spend of `kb_answer` grew above $0.32 a day and fell below the one of `draft_reply`.',
    ],
    wrong: [
      'The spend of `kb_answer` fell above $0.32 a day and fell below the one of `draft_reply`.',
      'The spend of `kb_answer` rose below $0.32 a day and fell below the one of `draft_reply`.',
      'The spend of `draft_reply` rose above $0.32 a day and fell below the one of `kb_answer`.',
    ],
  },
  {
    from: 'prompt tokens per call',
    harmless: ['prompt tokens per call.'],
    wrong: ['answer tokens per call', 'prompt tokens per trace'],
  },
  { from: 'above 0.5', harmless: ['above 0.50'], wrong: ['below 0.5', 'above 0.6', 'not above 0.5'] },
  {
    from: 'No saving is claimed: the gain is in quality and reliability, or the calls have no known price. The metric above shows it.',
    harmless: [
      'No saving is claimed here: what is gained is quality and reliability, or the price of the calls is unknown. The metric above will show it.',
    ],
    wrong: [
      'A saving is claimed: the gain is in quality and reliability, or the calls have no known price. The metric above shows it.',
      'No saving is claimed: the gain is in quality and reliability, or the calls have a known price. The metric above shows it.',
    ],
  },
];

describe.each(PLACES)('where the data say $from', ({ from, harmless, wrong }) => {
  it.each(harmless)('may say %s', (to) => {
    expect(edited(from, to)).toEqual([]);
  });

  it.each(wrong)('may not say %s', (to) => {
    expect(edited(from, to)).not.toEqual([]);
  });
});

it('leaves a quotation that is repeated to the claims, and not one that is moved', () => {
  const quote = /```text\n[^`]*```\n\n/u.exec(COMPUTED)?.[0] ?? '';
  const repeated = COMPUTED.replace('## Recommendations\n', `## Recommendations\n\nTrace \`a1\`:\n\n${quote}`);
  expect(faultsOf(repeated)).toEqual([]);
  const moved = faultsOf(repeated.replace(`${quote}The spend`, 'The spend'));
  expect(moved).toEqual([expect.stringContaining('stands under Qualitative Findings / Prompt stuffing')]);
});

it('leaves sentences of the author’s own to the claims', () => {
  for (const heading of ['## Cost Analysis', '### Trend', '### Prompt stuffing', '## Recommendations']) {
    const added = `${heading}\n\n\`kb_answer\` costs 1.4 times as much as \`draft_reply\`, which is not the least of all.\n`;
    expect(edited(`${heading}\n`, added)).toEqual([]);
  }
});
