import { beforeAll, describe, expect, it } from 'vitest';
import { type Artifacts, readArtifacts } from '../../rubric/artifacts.ts';
import { readClaims } from '../../rubric/claims.ts';
import { type KnownValues, knownValues } from '../../rubric/known-values.ts';
import { readReport } from '../../rubric/report.ts';
import { goodFiles, TRACES, writeFiles } from './fixture.ts';

let artifacts: Artifacts;
let known: KnownValues;
beforeAll(() => {
  artifacts = readArtifacts(writeFiles(goodFiles()));
  known = knownValues(artifacts);
});

async function claims(markdown: string) {
  const { structure } = await readReport(markdown);
  return readClaims(structure.blocks, { file: 'recommendations.md', artifacts, known });
}

async function found(markdown: string): Promise<string[]> {
  return (await claims(markdown)).map(({ text, status }) => `${text} ${status}`);
}

describe('readClaims', () => {
  it.each([
    ['dates, times and list numbers', '1. On 2026-07-31 at 10:30 UTC, day 5'],
    ['parameters', 'over 30 days, the top 5, p95 of 14 days, 2 weeks'],
    ['statistics', 'a 95% confidence interval at 80% power and the 5% level'],
    ['round targets', 'with a target of 50%, at least 20%, below 5%'],
    ['code spans', '`$99.99` and `42%` and `7 calls`'],
    ['code blocks', '```python\nprice = "$99.99"  # 42%\n```'],
    ['HTTP statuses', 'a 429 or 503 answer'],
    ['model names', 'gpt-4o-mini and claude-3.5-haiku calls'],
    ['properties', 'filter `$ai_trace_id`, in traces of `data/outlier_traces.json`'],
  ])('takes no claim from %s', async (_name, text) => {
    expect(await found(text)).toEqual([]);
  });

  it('takes no claim from the fix, and none from a plan but its measured values', async () => {
    const text =
      '## Recommendations\n\n### Priority 9: x\n\n#### Recommended Fix\n\nSave 40% and $5.\n\n#### How to Measure Success\n\n- Target: 20% of 9,999 calls';
    expect(await found(text)).toEqual([]);
  });

  it('verifies amounts, shares and counts that the data hold, rounded as written', async () => {
    expect(await found('It cost $512.35, or $512, or $0.5k; 8.1% of 4,210 calls.')).toEqual([
      '$512.35 verified',
      '$512 verified',
      '$0.5k verified',
      '8.1% verified',
      '4,210 verified',
    ]);
  });

  it('finds figures that the data do not hold', async () => {
    expect(await found('It cost $513.35; 8.3% of 4,211 calls.')).toEqual([
      '$513.35 unsupported',
      '8.3% unsupported',
      '4,211 unsupported',
    ]);
  });

  it('tells trace ids from other code spans', async () => {
    const [first, second] = TRACES.draft;
    expect(await found(`Traces \`${first}\`, \`nope-1\` and \`${second}\` of \`draft_reply\`.`)).toEqual([
      `${first} verified`,
      'nope-1 unsupported',
      `${second} verified`,
    ]);
    expect(await found('see 0194aa10-7c1e-7b11-8a2f-00000000dead')).toEqual([
      '0194aa10-7c1e-7b11-8a2f-00000000dead unsupported',
    ]);
    expect(await found(`Trace \`${first.slice(0, 35)}…\``)).toEqual([`${first.slice(0, 35)}… verified`]);
    expect(await found(`Trace \`${first.slice(0, 4)}…\``)).toEqual([`${first.slice(0, 4)}… unsupported`]);
  });

  it('sees the visible text of HTML and not its comments', async () => {
    expect(await found('<div>\n<b>$513.35</b>\n</div>\n\n<!-- $514.35 -->')).toEqual(['$513.35 unsupported']);
  });

  it('keeps the line of each claim', async () => {
    const all = await claims('one\n\ntwo $513.35\nthree $514.35\n\n| a |\n|---|\n| $515.35 |\n');
    expect(all.map(({ text, line }) => [text, line])).toEqual([
      ['$513.35', 3],
      ['$514.35', 4],
      ['$515.35', 8],
    ]);
  });
});
