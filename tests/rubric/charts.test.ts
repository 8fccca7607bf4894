import { describe, expect, it } from 'vitest';
import { readArtifacts } from '../../rubric/artifacts.ts';
import { chartFaults } from '../../rubric/charts.ts';
import { readReport } from '../../rubric/report.ts';
import { edit, type Files, goodFiles, writeFiles } from './fixture.ts';

const SVG = 'figures/cost_by_operation.svg';
const DRAWN =
  '<svg><text>Cost by operation</text><text>draft_reply</text><text aria-label="total: 512.345678; name: draft_reply; label: $512" x="1">$512</text></svg>';

function drawn(): Files {
  const files = { ...goodFiles(), [SVG]: DRAWN };
  return edit(files, 'recommendations.md', '## Cost Analysis\n', `## Cost Analysis\n\n![Cost by operation](${SVG})\n`);
}

async function faultsOf(files: Files): Promise<string[]> {
  const dir = writeFiles(files);
  const { blocks } = (await readReport(files['recommendations.md'] ?? '')).structure;
  return chartFaults(dir, blocks, readArtifacts(dir));
}

describe('the charts of a report', () => {
  it('show what the data files hold, under their captions', async () => {
    expect(await faultsOf(drawn())).toEqual([]);
    expect(await faultsOf(edit(drawn(), 'recommendations.md', SVG, SVG.replace('svg', 'png')))).toEqual([]);
    expect(await faultsOf(goodFiles())).toEqual([]);
  });

  it.each<[string, string, string | RegExp, string, RegExp]>([
    ['not shown', 'recommendations.md', /!\[.*\)\n/u, '', /does not show figures\/cost_by_operation.svg/u],
    [
      'shown as another',
      'recommendations.md',
      '![Cost by operation]',
      '![Cost per country]',
      /is "Cost by operation"/u,
    ],
    ['another chart', SVG, '>Cost by operation<', '>Cost per trace<', /is not the chart "Cost by operation"/u],
    ['blank', SVG, DRAWN, '<svg></svg>', /is not the chart/u],
    ['without the dearest operation', SVG, /draft_reply/gu, 'x', /does not show draft_reply/u],
    ['labelled with another figure', SVG, '>$512<', '>$99<', /a label says \$99 for \$512/u],
    ['drawn to another figure', SVG, 'total: 512.345678', 'total: 99', /draft_reply at 99, data\/metrics_by_span.csv/u],
  ])('are found where one is %s', async (_what, file, from, to, expected) => {
    expect(await faultsOf(edit(drawn(), file, from, to))).toEqual([expect.stringMatching(expected)]);
  });
});
