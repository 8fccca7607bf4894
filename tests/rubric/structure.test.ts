import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { missingOf } from '../../rubric/plan.ts';
import { readReport } from '../../rubric/report.ts';

const read = async (markdown: string) => (await readReport(markdown)).structure;
const inside = (body: string) => read(`## Recommendations\n\n### Priority 1: Do it\n\n${body}\n`);

describe('the structure of a report', () => {
  it('finds sections by name, whatever their case, number or dash', async () => {
    const { sections } = await read('## 1. executive summary\n\nx\n\n## High–Variance Investigation\n\n## Other\n\nx');
    expect(sections).toEqual({
      'Executive Summary': { line: 1, empty: false },
      'High-Variance Investigation': { line: 5, empty: true },
    });
  });

  it.each([
    ['a fence', '```\n## Recommendations\n### Priority 1: x\n```'],
    ['a quote', '> ## Recommendations\n>\n> ### Priority 1: x'],
    ['a list', '- ## Recommendations\n- ### Priority 1: x'],
    ['HTML', '<div>\n## Recommendations\n</div>'],
    ['another section', '## Appendix\n\n### Priority 1: x'],
  ])('takes no heading from %s', async (_name, markdown) => {
    const { sections, recommendations } = await read(markdown);
    expect(sections.Recommendations).toBeUndefined();
    expect(recommendations).toEqual([]);
  });

  it('reads parts as headings and as bold lead-ins, with their lines', async () => {
    const { recommendations } = await inside(
      '#### The Problem\n\nSlow.\n\n**Why it matters:** It costs.\n\n**Evidence**\n\nTrace `a`.',
    );
    expect(recommendations).toMatchObject([
      { priority: 1, title: 'Do it', line: 3, parts: { problem: 7, why: 9, evidence: 13 } },
    ]);
  });

  it('counts no part that says nothing', async () => {
    const { recommendations } = await inside(
      '**The Problem:**\n\n#### Evidence\n\n| a |\n|---|\n\n#### Expected Impact\n\n—',
    );
    expect(recommendations[0]?.parts).toEqual({});
  });

  it.each([
    ['two blocks', '```python\na = 1\n```\n\n```python\na = 2\n```', []],
    ['one block with both', '```py\n# Before\na = 1\n# After: better\na = 2\n```', []],
    [
      'blocks that differ in comments only',
      '```python\n# Before\na = 1\n```\n\n```python\n# After\na  =  1\n```',
      ['a difference between before and after (line 13)'],
    ],
    ['only one', '```python\na = 1\n```', ['code before and after']],
    ['another language', '```js\na = 1\n```\n\n```js\na = 2\n```', ['code before and after']],
    [
      'comments alone',
      '```python\n# Before\n```\n\n```python\n# After\n```',
      ['code that does something in before (line 8)'],
    ],
    [
      'a block that is no Python',
      '```python\na = 1\n```\n\n```python\n# After\na = = 2\n```',
      ['code that parses (line 13: invalid Python near "a = = 2")'],
    ],
    [
      'a third block that is no Python',
      '```python\na = 1\n```\n\n```python\na = 2\n```\n\n```python\nelse:\n```',
      ['code that parses (line 16: invalid Python near "else:")'],
    ],
  ])('reads code before and after from %s', async (_name, code, faults) => {
    const { recommendations } = await inside(`#### Recommended Fix\n\n${code}`);
    expect(recommendations[0]?.codeFaults).toEqual(faults);
  });

  it.each([
    [
      'a list',
      '- **Metric:** cost\n- **Baseline:** $2\n- **Target:** $1\n- **Validation period:** 14 days, because weekdays and weekends differ\n- **How to verify in PostHog:** filter',
    ],
    [
      'lines',
      'Metric: cost\nBaseline: $2\nTarget: $1\nValidation period: 2 weeks so that both weekends count\nHow to verify: filter',
    ],
    [
      'a table',
      '| Metric | Baseline | Target | Validation period (and why) | Verification |\n|---|---|---|---|---|\n| cost | $2 | $1 | 14 days, two whole weeks of traffic | filter |',
    ],
  ])('reads a measurement plan from %s', async (_name, plan) => {
    const { recommendations } = await inside(`#### How to Measure Success\n\n${plan}`);
    expect(missingOf(recommendations[0]?.plan ?? {})).toEqual([]);
  });

  it('says what a plan lacks', async () => {
    const { recommendations } = await inside(
      '#### How to Measure Success\n\n- Metric: cost\n- Baseline: n/a\n- Target:\n- Validation period: a while',
    );
    expect(missingOf(recommendations[0]?.plan ?? {})).toEqual([
      'baseline',
      'target',
      'how to verify',
      'length of the validation period',
      'why the validation period is that long',
    ]);
  });

  const WHOLE =
    '- Metric: cost\n- Baseline: $2\n- Target: $1\n- Validation period: 14 days, because weekdays and weekends differ\n- How to verify: filter';
  it.each([
    ['a metric to be decided', 'Metric: cost', 'Metric: to be decided later', 'metric'],
    ['a baseline without a figure', 'Baseline: $2', 'Baseline: rather high', 'figure of the baseline'],
    ['a target that is only a wish', 'Target: $1', 'Target: something good', 'figure of the target'],
    ['a period without days', '14 days, because', 'release 14, because', 'length of the validation period'],
    ['code in place of a label', '- How to verify: filter', '\n```sql\nSELECT 1\n```', 'how to verify'],
  ])('is not content with %s', async (_name, from, to, lacks) => {
    const { recommendations } = await inside(`#### How to Measure Success\n\n${WHOLE.replace(from, () => to)}`);
    expect(missingOf(recommendations[0]?.plan ?? {})).toEqual([lacks]);
  });

  it.each([
    ['a baseline that could not be measured', 'Baseline: $2', 'Baseline: not measurable in this window'],
    ['a target that is a direction', 'Target: $1', 'Target: a clear drop'],
    [
      'a label on a line of its own',
      '- How to verify: filter',
      '\n**How to verify in PostHog**\n\n```sql\nSELECT 1\n```',
    ],
  ])('accepts %s', async (_name, from, to) => {
    const { recommendations } = await inside(`#### How to Measure Success\n\n${WHOLE.replace(from, () => to)}`);
    expect(missingOf(recommendations[0]?.plan ?? {})).toEqual([]);
  });

  it('never throws, and keeps its lines inside the text', async () => {
    const mark = fc.constantFrom(
      '# ',
      '## Recommendations\n',
      '### Priority 1: x\n',
      '```',
      '|',
      '> ',
      '- ',
      '**',
      '`',
      '$1 ',
      '\n',
      '\n\n',
      'a',
      '<',
      '\u0000',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(mark, { maxLength: 60 }), async (parts) => {
        const text = parts.join('');
        const last = text.split('\n').length;
        for (const block of (await read(text)).blocks) expect(block.line >= 1 && block.line <= last).toBe(true);
      }),
    );
  });
});
