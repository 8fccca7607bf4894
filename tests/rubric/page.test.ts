import { describe, expect, it } from 'vitest';
import { pageFaults } from '../../rubric/page.ts';
import { readReport } from '../../rubric/report.ts';

const MARKDOWN =
  '# Title\n\n## Costs & more\n\n| Name | Cost |\n|---|---:|\n| `a_b` | $9.70 |\n\nIt is **so**.\n\n```sql\nSELECT 1 < 2\n```\n';
const BODY =
  '<h2 id="c">Costs &amp; more</h2>\n<div class="table"><table><thead><tr><th>Name</th><th>Cost</th></tr></thead><tbody><tr><td><code>a_b</code></td><td>$9.70</td></tr></tbody></table></div>\n<p>It is <strong>so</strong>.</p>\n<pre><code>SELECT 1 &#x3C; 2\n</code></pre>';
const page = (body: string, card = '$9.70') =>
  `<html><body><header><h1>Title</h1><dd>${card}</dd></header><main id="main">${body}</main></div>\n<footer>By us.</footer></body></html>`;

async function faultsOf(html: string, markdown = MARKDOWN): Promise<string[]> {
  const { blocks } = (await readReport(markdown)).structure;
  return pageFaults(html, { markdown, blocks }, ({ value }) => value === 9.7);
}

describe('the page of a report', () => {
  it('shows the report and nothing else', async () => {
    expect(await faultsOf(page(BODY))).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    ['another figure', page(BODY.replace('$9.70', '$5.70')), /differs from the report at "\$9.70"/u],
    ['another figure in its header', page(BODY, '$5.70'), /shows \$5.70, which no data file holds/u],
    ['a paragraph more', page(BODY.replace('<p>', '<p>Save 78%.</p><p>')), /differs from the report at "It is so/u],
    ['a paragraph at the end', page(`${BODY}<p>Save 78%.</p>`), /goes on after the end/u],
    [
      'a paragraph after the report',
      page(BODY).replace('</body>', '<p>Save 78%.</p></body>'),
      /is no page of a report/u,
    ],
    ['a row less', page(BODY.replace(/<tr><td>.*<\/tr>/u, '')), /differs from the report at "a_b"/u],
    ['a script', page(`${BODY}<script src="x.js"></script>`), /is no page of a report/u],
    ['other text', '<html><body>ok</body></html>', /is no page of a report/u],
  ])('is none with %s', async (_what, html, expected) => {
    expect(await faultsOf(html)).toEqual([expect.stringMatching(expected)]);
  });

  it('is not laid beside raw HTML and footnotes, which it drops and moves', async () => {
    for (const more of ['<b>More</b> text.\n', 'A note.[^1]\n\n[^1]: Here.\n'])
      expect(await faultsOf(page(BODY), `${MARKDOWN}\n${more}`)).toEqual([]);
  });
});
