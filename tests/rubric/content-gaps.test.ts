import { describe, expect, it } from 'vitest';
import { readArtifacts } from '../../rubric/artifacts.ts';
import { readClaims } from '../../rubric/claims.ts';
import { contentGaps } from '../../rubric/content-gaps.ts';
import { knownValues } from '../../rubric/known-values.ts';
import { readReport } from '../../rubric/report.ts';
import { edit, type Files, goodFiles, TRACES, writeFiles } from './fixture.ts';

const REPORT = 'recommendations.md';
const OPERATIONS = ['draft_reply', 'label_ticket', 'extract_order'];

/** The good run with what its recommendations hold beside their figures, and with the report's view. */
function goodRun(): Files {
  const files = goodFiles();
  const plans = JSON.parse(files['data/recommendations.json'] ?? '') as { recommendations: Record<string, unknown>[] };
  const texts = OPERATIONS.map((operation, index) => ({
    problem: `\`${operation}\` fails in 12 calls`,
    metric: 'tokens per call',
    verify: `SELECT avg(properties.$ai_input_tokens) FROM events WHERE properties.$ai_span_name = '${operation}'`,
    before: `answer = call(${operation}, docs)`,
    after: `answer = call(${operation}, docs[:5])`,
    trace_ids: [[TRACES.draft, TRACES.label, TRACES.retry][index]?.[0]],
  }));
  const view = {
    most_called: [{ operation: 'label_ticket' }],
    dearest: [{ operation: 'draft_reply' }],
    models: [{ model: 'gpt-4o-2024-08-06' }],
    trend: [],
    variance: [{ operation: 'draft_reply' }],
    failures: { groups: [{ operation: 'extract_order' }] },
    findings: [],
  };
  const recommendations = plans.recommendations.map((plan, index) => ({ ...plan, ...texts[index] }));
  return {
    ...files,
    'data/recommendations.json': JSON.stringify({ recommendations }),
    'data/report_view.json': JSON.stringify(view),
  };
}

async function gapsOf(files: Files): Promise<string[]> {
  const artifacts = readArtifacts(writeFiles(files));
  const known = knownValues(artifacts);
  const read = async (file: string) => (await readReport(files[file] ?? '')).structure;
  const [report, summary] = [await read(REPORT), await read('summary.md')];
  const claims = readClaims(report.blocks, { file: REPORT, artifacts, known });
  const texts = [
    { file: REPORT, text: files[REPORT] ?? '', blocks: report.blocks },
    { file: 'summary.md', text: files['summary.md'] ?? '', blocks: summary.blocks },
  ];
  return contentGaps({ artifacts, claims, report, texts });
}

const part = (name: string) => new RegExp(`#### ${name}\\n[\\s\\S]*?(?=\\n#### |\\n### |\\n## )`, 'u');
const section = (name: string) => new RegExp(`## ${name}\\n[\\s\\S]*?(?=\\n## |$)`, 'u');
const table = (head: string) => new RegExp(`\\| ${head}[\\s\\S]*?\\n\\n`, 'u');

type Case = [what: string, from: string | RegExp, to: string, expected: RegExp];
const CASES: Case[] = [
  [
    'the title of another project',
    'Analysis: shop',
    'Analysis: Acme Corp',
    /recommendations.md:1: the title does not name/u,
  ],
  [
    'a section that defers',
    section('Failure-Mode Analysis'),
    '## Failure-Mode Analysis\n\nThis section is covered in the appendix of the full report.\n',
    /Failure-Mode Analysis says nothing/u,
  ],
  [
    'a summary that is empty talk',
    section('Executive Summary'),
    '## Executive Summary\n\nSee below.\n',
    /Executive Summary says nothing/u,
  ],
  ['a window of another length', '30 days, 2026', 'a fortnight, 2026', /does not say that the window has 30 days/u],
  ['no total cost', /- \*\*Total cost:\*\* .*\n/u, '', /Executive Summary lacks the total cost/u],
  ['no savings', /- \*\*Total projected monthly savings.*\n/u, '', /Executive Summary lacks the projected savings/u],
  ['savings a year', 'projected monthly savings', 'projected annual savings', /for another period/u],
  [
    'another top finding',
    '1. Trim the prompts of draft_reply',
    '1. Use another vendor',
    /does not list the top finding "Trim/u,
  ],
  [
    'a variance section on nothing',
    section('High-Variance Investigation'),
    '## High-Variance Investigation\n\nThe costs of the traces vary by a great deal.\n',
    /does not name draft_reply/u,
  ],
  [
    'another ranking',
    'First analysis',
    'Ranked by user votes: the best first. First analysis',
    /not ranked by "user votes"/u,
  ],
  ['an appendix without its data', /- \*\*Data:\*\* .*\n/u, '', /Appendix does not name data/u],
  ['an end that was cut off', /dations\.json`\.\n$/u, 'dations', /Appendix is cut off/u],
  ['no most-called table', table('Operation \\| Calls \\| Total cost'), '', /has no table of most-called operations/u],
  ['no table of models', table('Model \\| Calls'), '', /has no table of models/u],
  ['no table of failures', table('Operation \\| Kind'), 'Failed: 800 calls.\n\n', /has no table of failures/u],
  [
    'a problem of nobody',
    part('The Problem'),
    '#### The Problem\n\nThere is a problem here that should be looked at.\n',
    /The Problem does not name draft_reply/u,
  ],
  [
    'a problem without a figure',
    part('The Problem'),
    '#### The Problem\n\nThe prompts of `draft_reply` are long.\n',
    /The Problem gives no figure/u,
  ],
  [
    'a reason that defers',
    part('Why It Matters'),
    '#### Why It Matters\n\nSee above.\n',
    /Why It Matters says nothing/u,
  ],
  ['evidence without a trace', part('Evidence'), '#### Evidence\n\nSee above.\n', /Evidence names no trace/u],
  [
    'an impact without its saving',
    part('Expected Impact'),
    '#### Expected Impact\n\nNo saving is claimed.\n',
    /Expected Impact lacks the saving of 180.25/u,
  ],
  ['another metric', '**Metric:** tokens per call', '**Metric:** number of stars', /the metric is "tokens per call"/u],
  ['a target without a figure', /\*\*Target:\*\* .*/u, '**Target:** lower', /the target is 30938.5/u],
  [
    'no words on how to verify',
    /in PostHog:\*\* run/u,
    'in PostHog:** to be determined',
    /does not say how to verify/u,
  ],
  ['an empty way to verify', /in PostHog:\*\* run/u, 'in PostHog:**', /does not say how to verify/u],
  ['no query', /```sql\n[\s\S]*?```\n/u, '', /it has no query/u],
  [
    'the query of another operation',
    "$ai_span_name = 'draft_reply'",
    "$ai_span_name = 'label_ticket'",
    /no query measures the metric/u,
  ],
  ['a query that cannot be', 'avg(properties', 'avg((properties', /unbalanced parentheses/u],
  ['before and after exchanged', '# Before: everything', '# After: everything', /before and after are exchanged/u],
  [
    'the code of another recommendation',
    'call(draft_reply, docs[:5])',
    'call(label_ticket, docs[:5])',
    /the code is that of priority 2/u,
  ],
  [
    'a comment on another operation',
    '# After: only',
    '# After: in label_ticket only',
    /the comment is about label_ticket/u,
  ],
];

describe('what a report must say by its data', () => {
  it('is in a good report', async () => {
    expect(await gapsOf(goodRun())).toEqual([]);
  });

  it.each(CASES)('is missed with %s', async (_what, from, to, expected) => {
    const gaps = await gapsOf(edit(goodRun(), REPORT, from, to));
    expect(gaps.filter((gap) => expected.test(gap))).not.toEqual([]);
  });

  it('is no saving where the data claim none', async () => {
    const none = edit(goodRun(), 'data/recommendations.json', /"savings":\{[^}]*\}/u, '"savings":null');
    expect(await gapsOf(none)).toContainEqual(expect.stringMatching(/does not say that no saving is claimed/u));
    const honest = edit(
      none,
      REPORT,
      part('Expected Impact'),
      '#### Expected Impact\n\nNo saving is claimed: quality gains.\n',
    );
    expect((await gapsOf(honest)).filter((gap) => gap.includes('Expected Impact'))).toEqual([]);
  });
});

describe('what a summary must say by its data', () => {
  it.each<[string, string | RegExp, string, RegExp]>([
    ['another project', 'quality: shop', 'quality: Acme', /summary.md:1: the title does not name/u],
    ['another top finding', '1. Trim the prompts of draft_reply', '1. Use another vendor', /top finding "Trim/u],
    [
      'calls without a price left out',
      'No cost and no known price: 17 calls.',
      'Every call has a price.',
      /how many calls have no price/u,
    ],
    ['savings a week', 'Projected monthly savings', 'Projected weekly savings', /for another period/u],
    ['a whole report', /$/u, '\n## Cost Analysis\n\nx\n\n## Recommendations\n\nx\n', /is a whole report/u],
  ])('is missed with %s', async (_what, from, to, expected) => {
    const gaps = await gapsOf(edit(goodRun(), 'summary.md', from, to));
    expect(gaps.filter((gap) => expected.test(gap))).not.toEqual([]);
  });
});
