import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Source } from '../../../sources/source.ts';
import { FactStore } from '../../../tools/facts.ts';
import { renderChart } from '../../../tools/render-chart.ts';
import { renderReportPage } from '../../../tools/render-report-page.ts';
import { ResultsDir } from '../../../tools/results-dir.ts';
import type { ToolContext } from '../../../tools/tool.ts';

let dir: string;
let context: ToolContext;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'page-'));
  const results = ResultsDir.create(dir, { overwrite: true });
  context = {
    source: {} as Source,
    results,
    facts: new FactStore(results),
    params: {},
    window: { from: new Date('2026-06-01T00:00:00Z'), to: new Date('2026-06-30T23:59:59Z') },
    signal: new AbortController().signal,
    outside: (_name, ask) => ask(),
    progress: () => undefined,
  };
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

async function page(markdown: string, more: Record<string, unknown> = {}): Promise<string> {
  await context.results.write('recommendations.md', markdown);
  const request = { markdown: 'recommendations.md', title: 'LLM <costs> & "quality"', save_as: 'report.html', ...more };
  await renderReportPage.run(renderReportPage.input.parse(request), context);
  return context.results.readText('report.html');
}

async function drawFigure(): Promise<void> {
  const spec = { mark: 'bar', encoding: { x: { field: 'a', type: 'quantitative' } } };
  await renderChart.run({ spec, data: [{ a: 1 }], save_as: 'figures/x', title: 'X', alt: 'An x' }, context);
}

describe('the page', () => {
  test('carries title, window, key figures and contents, all escaped', async () => {
    const html = await page('# Report: <acme> & co\n\n## Costs <b> & "more"\n\ntext', {
      cards: [{ label: 'Total <cost>', value: '$12 & up' }],
    });
    expect(html).toMatch(/^<!doctype html>/u);
    expect(html).toContain('<title>LLM &lt;costs&gt; &amp; &quot;quality&quot;</title>');
    expect(html).toContain('2026-06-01 to 2026-06-30');
    expect(html).toContain('<dt>Total &lt;cost&gt;</dt><dd>$12 &amp; up</dd>');
    expect(html).toContain('<a href="#costs-more">Costs  &amp; &quot;more&quot;</a>');
  });

  test("shows the run's own totals where no cards are given", async () => {
    await context.facts.publish({ 'totals.cost_usd': { value: 1234.5, unit: 'usd', source: 'x' } });
    expect(await page('text')).toContain('<dt>Total cost</dt><dd>$1,234.50</dd>');
  });

  test('reports what it shows', async () => {
    await drawFigure();
    await context.results.write('recommendations.md', '## One\n\n![x](figures/x.svg)');
    const request = { markdown: 'recommendations.md', title: 'T', figures: [{ path: 'figures/x.png', alt: 'PNG' }] };
    const result = await renderReportPage.run(renderReportPage.input.parse(request), context);
    expect(renderReportPage.output.parse(result)).toMatchObject({
      saved_as: 'report.html',
      figures: ['figures/x.png', 'figures/x.svg'],
      sections: ['One'],
    });
    expect(context.results.readText('report.html')).toContain('data:image/png;base64,');
  });

  test.each<[string, string]>([
    ['a script', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
    ['no drawing', '<html></html>'],
  ])('a figure with %s is refused', async (_what, svg) => {
    await context.results.write('figures/bad.svg', svg);
    await expect(page('![x](figures/bad.svg)')).rejects.toMatchObject({ code: 'bad_response', at: 'figures/bad.svg' });
  });

  test('a PNG that is none, a figure that is missing, and a missing report are refused', async () => {
    await context.results.write('figures/bad.png', 'no png');
    await expect(page('![x](figures/bad.png)')).rejects.toMatchObject({ code: 'bad_response' });
    await expect(page('x', { figures: [{ path: 'figures/none.svg', alt: '' }] })).rejects.toThrow(/no figure/u);
    await expect(page('x', { figures: [{ path: '../x.svg', alt: '' }] })).rejects.toThrow(/no figure/u);
    await expect(page('x', { markdown: 'none.md' })).rejects.toThrow(/no artifact/u);
    await expect(page('x', { save_as: '../report.html' })).rejects.toMatchObject({ code: 'io' });
  });
});

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
const HOSTILE = `# Report

## Costs

<script>window.hit = 1</script><img src=x onerror="window.hit = 1">

![remote](http://127.0.0.1:9/x.png) ![chart](figures/x.svg) [js](javascript:window.hit=1) [data](data:text/html,<script>1</script>)

![chart](figures/x.svg)

| Operation | A | B | C | D | E | F | G | H |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
| \`${'long_name_'.repeat(40)}\` | $1 | $2 | $3 | $4 | $5 | $6 | $7 | $8 |

${'unbroken'.repeat(60)}

\`\`\`python
# Before: ${'x'.repeat(300)}
`;

const withChromium = existsSync(CHROMIUM) ? describe : describe.skip;
if (!existsSync(CHROMIUM))
  process.stderr.write(`SKIPPED: no Chromium at ${CHROMIUM}; the page is not opened in a browser.\n`);

withChromium('in a browser', () => {
  test('loads nothing, runs nothing, fits the screen, and keeps its landmarks', async () => {
    const { chromium } = await import('playwright-core');
    await drawFigure();
    const html = await page(HOSTILE, { cards: [{ label: 'Total', value: '$1' }] });
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    try {
      for (const [width, colorScheme] of [
        [1280, 'light'],
        [400, 'dark'],
      ] as const) {
        const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
        const requests: string[] = [];
        const complaints: string[] = [];
        tab.on('request', (request) => requests.push(request.url()));
        tab.on('console', (message) => complaints.push(message.text()));
        tab.on('pageerror', (error) => complaints.push(error.message));
        const address = pathToFileURL(path.join(context.results.root, 'report.html')).href;
        await tab.goto(address, { waitUntil: 'load' });
        expect(complaints).toEqual([]);
        expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([address]);
        const count = (selector: string) => tab.locator(selector).count();
        expect(await tab.evaluate('window.hit')).toBeUndefined();
        expect(await count('script, iframe, object, embed, form, [onerror], [style]')).toBe(0);
        expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(width);
        expect(await tab.evaluate('[...document.images].map((image) => image.naturalWidth > 0)')).toEqual([true, true]);
        for (const role of ['banner', 'navigation', 'main', 'contentinfo'] as const) {
          expect([role, await tab.getByRole(role).count()]).toEqual([role, 1]);
        }
        expect(await tab.getByRole('heading', { level: 1 }).count()).toBe(1);
        const background = await tab.evaluate('getComputedStyle(document.body).backgroundColor');
        expect(background).toBe(colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(16, 21, 28)');
        await tab.close();
      }
    } finally {
      await browser.close();
    }
    expect(html).toContain("default-src 'none'; style-src 'sha256-");
  });

  test('its policy stops a script and a style even if one got through', async () => {
    const { chromium } = await import('playwright-core');
    const html = await page('text');
    const broken = html.replace('</main>', '<script>window.hit = 1</script><style>body{display:none}</style></main>');
    await context.results.write('broken.html', broken);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    try {
      const tab = await browser.newPage();
      await tab.goto(pathToFileURL(path.join(context.results.root, 'broken.html')).href);
      expect(await tab.evaluate('window.hit')).toBeUndefined();
      expect(await tab.evaluate('getComputedStyle(document.body).display')).toBe('block');
    } finally {
      await browser.close();
    }
  });
});
