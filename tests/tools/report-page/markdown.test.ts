import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Figure } from '../../../tools/report-page/figures.ts';
import { renderMarkdown } from '../../../tools/report-page/markdown.ts';

const FIGURE: Figure = { path: 'figures/x.svg', src: 'data:image/svg+xml;base64,AAAA', width: 720, height: 300 };
const load = (path: string) => (path === FIGURE.path ? FIGURE : undefined);

function render(markdown: string, extra: { figure: Figure; alt: string }[] = []) {
  return renderMarkdown(markdown, { load, extra });
}

const html = async (markdown: string) => (await render(markdown)).html;

/** Every tag and attribute that reaches the page. */
const SAFE_TAG =
  /^<\/?(h[1-6]|p|ul|ol|li|blockquote|pre|code|em|strong|del|a|img|table|thead|tbody|tr|th|td|hr|br|input|section|sup|span|div|figure)( (id|class|href|rel|src|alt|width|height|align|start|title|role|tabindex|aria-[a-z]+|data-footnote[a-z-]*|type|checked|disabled)(="[^"]*")?)*>$/u;

function assertSafe(page: string): void {
  for (const [tag] of page.matchAll(/<(?:"[^"]*"|[^>"])*>/gu)) expect(tag).toMatch(SAFE_TAG);
  for (const [, href = ''] of page.matchAll(/ href="([^"]*)"/gu))
    expect(href).toMatch(/^(https?:|mailto:|#|[\w.][\w./-]*$)/u);
  for (const [, src = ''] of page.matchAll(/ src="([^"]*)"/gu)) expect(src).toBe(FIGURE.src);
}

describe('hostile Markdown', () => {
  test.each([
    '<script>alert(1)</script>',
    'a <script>alert(1)</script> b',
    '<img src=x onerror=alert(1)>',
    '<iframe src="http://127.0.0.1"></iframe>',
    '<style>*{display:none}</style>',
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](  java\tscript:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)',
    '[x](vbscript:x) [y](file:///etc/passwd) [z](//evil.example)',
    '[x](<javascript:alert(1)>)',
    '[x][r]\n\n[r]: javascript:alert(1)',
    '<javascript:alert(1)>',
    '![x](javascript:alert(1)) ![y](http://127.0.0.1:9/t.png) ![z](data:image/svg+xml,<svg onload=alert(1)>)',
    '![x](figures/../../etc/passwd) ![y](figures/none.svg) ![z](//evil/x.svg)',
    '![" onerror="alert(1)](figures/x.svg)',
    '[a](https://x.example "\\" onclick=\\"alert(1)")',
    '```"><script>\nalert(1)\n```',
    '```python\nunterminated </code><script>alert(1)</script>',
    '# <b onclick=x>title</b>\n\n## "><script>',
    '| <script> |\n|---|\n| `</td><script>` |',
    'note[^1]\n\n[^1]: <script>alert(1)</script> [x](javascript:y)',
    '- [ ] <input onfocus=x autofocus>',
    '&lt;script&gt; &#x3c;script&#x3e;',
    '\0<scr\0ipt>\ud800',
    '<!-- --><svg><a xlink:href="javascript:x">',
    '[x](https://user:pass@h.example/\u202e)',
  ])('%j is harmless', async (markdown) => {
    assertSafe(await html(markdown));
  });

  test('any text is harmless', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '<script>',
        '](javascript:x)',
        '![',
        '`',
        '```',
        '|',
        '\n',
        '[^1]',
        '"',
        "'",
        ' onerror=',
        '#',
        '>',
        '<',
        'x',
      ),
      fc.string({ maxLength: 5 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        assertSafe(await html(pieces.join('')));
      }),
      { numRuns: 200 },
    );
  });

  test('a nest that no reader needs is an error, not a crash', async () => {
    const outcome = await render('>'.repeat(20_000)).catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toMatchObject({ name: 'RunbookError', code: 'tool_input' });
    await expect(render('x'.repeat(1_000_001))).rejects.toMatchObject({ code: 'tool_input' });
  });

  test('a huge table is rendered whole', async () => {
    const rows = Array.from({ length: 2000 }, (_, n) => `| op ${n} | $${n}.00 |`);
    expect((await html(`| a | b |\n|---|---|\n${rows.join('\n')}`)).match(/<tr>/gu)).toHaveLength(2001);
  });
});

describe('figures', () => {
  test('a figure of the results dir is inlined, alone as a figure', async () => {
    const page = await html('![Cost](figures/x.svg)\n\ntext ![again](./figures/x.svg)');
    expect(page).toContain(
      `<figure tabindex="0"><img src="${FIGURE.src}" alt="Cost" width="720" height="300"></figure>`,
    );
    expect(page).toMatch(/<p>text <img[^>]*alt="again"/u);
  });

  test('any other image is replaced by its text', async () => {
    expect(await html('![Cost](https://h.example/x.png)')).toBe('<p><em>[image: Cost]</em></p>');
  });

  test('given figures follow at the end, unless the text shows them', async () => {
    const extra = [{ figure: FIGURE, alt: 'Extra' }];
    expect((await render('text', extra)).html).toMatch(/<figure.*alt="Extra"/u);
    expect((await render('![Cost](figures/x.svg)', extra)).html).not.toContain('Extra');
  });
});

describe('structure', () => {
  test('the title, ids and the contents', async () => {
    const page = await render('# Report `x`\n\n## Cost & more\n\n### A\n\n### A\n\n## 日本\n\n## ***\n\n## main');
    expect(page.title).toBe('Report x');
    expect(page.html).not.toContain('<h1');
    expect(page.contents.map(({ id, children }) => [id, children.map((child) => child.id)])).toEqual([
      ['cost-more', ['a', 'a-2']],
      ['日本', []],
      ['section', []],
      ['main-2', []],
    ]);
    for (const { id } of page.contents) expect(page.html).toContain(`<h2 id="${id}">`);
  });

  test('links elsewhere get rel, local ones stay, those that leave the folder lose their address', async () => {
    const page = await html('[a](https://h.example) [b](data/x.csv) [c](#cost) [d](../x) [e](/etc/passwd)');
    expect(page).toContain('<a href="https://h.example" rel="noopener noreferrer nofollow">a</a>');
    expect(page).toContain('<a href="data/x.csv">b</a> <a href="#cost">c</a> <a>d</a> <a>e</a>');
  });

  test('columns of figures are aligned, by their marks or by their content', async () => {
    const page = await html('## T\n\n| a | b | c |\n|---|---:|---|\n| x | y | $1,234.50 |\n| y | z | n/a |');
    expect(page).toContain('<div class="table" role="group" aria-label="Table: T" tabindex="0"><table>');
    expect(page).toContain('<th>a</th><th class="number">b</th><th class="number">c</th>'.replaceAll('><', '>\n<'));
    expect(page).toContain('<td class="number">$1,234.50</td>');
  });

  test('recommendations become cards until the next section', async () => {
    const page = await html('## Recommendations\n\n### Priority 1: Fix it\n\ntext\n\n## Roadmap\n\nmore');
    expect(page).toMatch(
      /<section class="recommendation" aria-labelledby="priority-1-fix-it"><h3 id="priority-1-fix-it"><span class="priority">Priority 1<\/span> Fix it<\/h3>[\s\S]*text[\s\S]*<\/section>[\s\S]*<h2 id="roadmap">/u,
    );
  });

  test('Python is coloured and its text unchanged; before and after are told apart', async () => {
    const source = "# Before: \"x\"\nfor a in range(3):\n    s = f\"it's {a}\" + '''x\n\"'''  # end <b>";
    const page = await html(`\`\`\`python\n${source}\n\`\`\``);
    expect(page).toContain('class="before"');
    expect(page).toContain('<span class="keyword">for</span>');
    expect(page).toContain('<span class="comment"># end &#x3C;b></span>');
    const plain = page
      .replace(/<[^>]*>/gu, '')
      .replaceAll('&#x3C;', '<')
      .replaceAll('&#x26;', '&');
    expect(plain.trim()).toBe(source);
  });

  test('only the Markdown that is there: raw HTML is dropped', async () => {
    expect(await html('a<br>b\n\n<div>c</div>\n\nd')).toBe('<p>ab</p>\n<p>d</p>');
  });
});

describe('another page that shows the text', () => {
  test('is led to the lines of the source, and to files where it has them', async () => {
    const source =
      '# T\n\n## One\n\ntext\ngoes on\n\n- a\n- b\n\n| A |\n|---|\n| 1 |\n\n```python\nx\n```\n\n[f](data/x.csv)';
    const place = (file: string) => `/files/${file}`;
    const { html } = await renderMarkdown(source, { load: () => undefined, place, lines: true, prefix: 'r-' });
    const lines = [...html.matchAll(/id="L(\d+)"/gu)].map(([, line]) => Number(line)).sort((a, b) => a - b);
    expect(lines).toEqual([3, 5, 6, 8, 9, 11, 13, 15, 16, 17, 19]);
    expect(html).toContain('<h2 id="r-one">One<span id="L3" class="at"></span></h2>');
    expect(html).toContain('<a href="/files/data/x.csv">f</a>');
  });
});
