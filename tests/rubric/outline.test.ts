import { describe, expect, it } from 'vitest';
import { outlineFaults } from '../../rubric/outline.ts';
import { readReport } from '../../rubric/report.ts';
import { goodFiles } from './fixture.ts';

const good = goodFiles()['recommendations.md'] ?? '';
const faultsOf = async (markdown: string) => outlineFaults((await readReport(markdown)).structure);
const moved = (text: string, from: RegExp, before: string) => {
  const part = from.exec(text)?.[0] ?? '';
  return text.replace(part, '').replace(before, () => part + before);
};

describe('the outline of a report', () => {
  it('is whole in a good report', async () => {
    expect(await faultsOf(good)).toEqual([]);
  });

  it('lists every section that an empty text lacks', async () => {
    expect(await faultsOf('')).toEqual([
      'sections missing: Executive Summary, Cost Analysis, High-Variance Investigation, Failure-Mode Analysis, Qualitative Findings, Recommendations, Implementation Roadmap, Appendix',
    ]);
  });

  it('accepts a roadmap whose table has no titles, and one without a table', async () => {
    expect(await faultsOf(good.replace('| Priority | Recommendation |', '| Priority | Item |'))).toEqual([]);
    expect(
      await faultsOf(good.replace(/\| Priority \| Recommendation[\s\S]*?\n\n/u, 'First things first.\n\n')),
    ).toEqual([]);
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ['a section under another name', (t) => t.replace('## Appendix', '## Notes'), /^sections missing: Appendix$/u],
    ['an empty section', (t) => t.replace(/- \*\*Method:\*\* [\s\S]*$/u, ''), /^line \d+: Appendix is empty$/u],
    [
      'a section too early',
      (t) => moved(t, /## Appendix[\s\S]*$/u, '## Cost Analysis'),
      /^line \d+: Cost Analysis stands after Appendix$/u,
    ],
    ['a section twice', (t) => `${t}\n## Appendix\n\nMore.\n`, /^line \d+: Appendix is there twice$/u],
    [
      'a priority that is skipped',
      (t) => t.replace('### Priority 3:', '### Priority 4:'),
      /^line \d+: priority 4 where 3 is next$/u,
    ],
    [
      'priorities out of order',
      (t) => moved(t, /### Priority 2:[\s\S]*?(?=### Priority 3:)/u, '### Priority 1:'),
      /^line \d+: priority 2 where 1 is next$/u,
    ],
    [
      'a title twice',
      (t) => t.replace(/Move label_ticket to a budget model/gu, 'Trim the prompts of draft_reply'),
      /^line \d+: the title of line \d+ again$/u,
    ],
    [
      'a roadmap with another title',
      (t) => t.replace('| 2 | Move label_ticket', '| 2 | Drop label_ticket'),
      /^line \d+: the roadmap calls priority 2 "Drop label_ticket/u,
    ],
    [
      'a roadmap with a row too few',
      (t) => t.replace(/^\| 2 \| .*\n/mu, ''),
      /^line \d+: 2 roadmap rows for 3 recommendations$/u,
    ],
    [
      'a roadmap in another order',
      (t) => moved(t, /^\| 2 \| .*\n/mu, '| 1 | Trim'),
      /^line \d+: roadmap row of priority 2 where 1 is next$/u,
    ],
  ])('names %s', async (_name, change, expected) => {
    const faults = await faultsOf(change(good));
    expect(faults.filter((fault) => expected.test(fault))).toHaveLength(1);
  });
});
