import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json } from '../../analysis/chart-theme.ts';
import type { Source } from '../../sources/source.ts';
import { assertPlainSvg } from '../../tools/charts/svg-guard.ts';
import { FactStore } from '../../tools/facts.ts';
import { renderChart } from '../../tools/render-chart.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import type { ToolContext } from '../../tools/tool.ts';

let dir: string;
let context: ToolContext;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'chart-'));
  const results = ResultsDir.create(dir, { overwrite: true });
  context = {
    source: {} as Source,
    results,
    facts: new FactStore(results),
    params: {},
    window: { from: new Date(0), to: new Date() },
    signal: new AbortController().signal,
    outside: (_name, ask) => ask(),
    progress: () => undefined,
  };
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const BARS = {
  mark: 'bar',
  width: 400,
  encoding: { x: { field: 'cost', type: 'quantitative' }, y: { field: 'model', type: 'nominal', sort: '-x' } },
};
const ROWS = [
  { model: 'gpt-4o', cost: 3 },
  { model: 'claude', cost: 5 },
];
const NAMES = { save_as: 'figures/chart', title: 'Cost', alt: 'Cost by model' };

function render(request: Record<string, unknown>) {
  return renderChart.run(renderChart.input.parse({ ...NAMES, ...request }), context);
}

function svg(): string {
  return readFileSync(path.join(dir, 'figures/chart.svg'), 'utf8');
}

describe('what is written', () => {
  test('an SVG with name and description, and a PNG of twice its size', async () => {
    const result = renderChart.output.parse(await render({ spec: BARS, data: ROWS }));
    expect(result).toMatchObject({ svg: 'figures/chart.svg', png: 'figures/chart.png', rows: 2, warnings: [] });
    const drawing = svg();
    expect(drawing).toMatch(/^<svg role="img" /u);
    expect(drawing).toContain('<title>Cost</title><desc>Cost by model</desc>');
    expect(drawing.indexOf('>claude<')).toBeLessThan(drawing.indexOf('>gpt-4o<'));
    const png = readFileSync(path.join(dir, 'figures/chart.png'));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(Math.ceil(result.width * 2));
    expect(png.readUInt32BE(20)).toBe(Math.ceil(result.height * 2));
  });

  test('the same spec gives the same bytes', async () => {
    await render({ spec: BARS, data: ROWS });
    const [first, png] = [svg(), readFileSync(path.join(dir, 'figures/chart.png'))];
    await render({ spec: BARS, data: ROWS });
    expect(svg()).toBe(first);
    expect(readFileSync(path.join(dir, 'figures/chart.png')).equals(png)).toBe(true);
  });

  test('text is drawn in the PNG: the shipped font is found', async () => {
    const blank = { ...BARS, title: '', mark: { type: 'text', text: '' }, encoding: {} };
    const written = { ...blank, mark: { type: 'text', text: 'Hello', fontSize: 40 } };
    await render({ spec: blank, data: ROWS, title: '' });
    const empty = readFileSync(path.join(dir, 'figures/chart.png')).length;
    await render({ spec: written, data: ROWS, title: '' });
    expect(readFileSync(path.join(dir, 'figures/chart.png')).length).toBeGreaterThan(empty + 500);
  });
});

describe('where rows come from', () => {
  test('a CSV artifact, with numbers as numbers and empty cells as null', async () => {
    await context.results.write('data/x.csv', 'model,cost\n"a, b",2.5\nc,\n');
    expect((await render({ spec: BARS, data_from: 'data/x.csv' })).rows).toBe(2);
    expect(svg()).toContain('>a, b<');
  });

  test('a JSON list, and an object by key', async () => {
    await context.results.writeJson('data/x.json', ROWS);
    expect((await render({ spec: BARS, data_from: 'data/x.json' })).rows).toBe(2);
    await context.results.writeJson('data/y.json', { first: { cost: 1, more: [1] }, second: { cost: 2 } });
    const spec = { ...BARS, encoding: { ...BARS.encoding, y: { field: 'key', type: 'nominal' } } };
    await render({ spec, data_from: 'data/y.json' });
    expect(svg()).toContain('>second<');
  });

  test('a named data set', async () => {
    expect((await render({ spec: { ...BARS, data: { name: 'table' } }, data: ROWS })).rows).toBe(2);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['nothing', {}, /nothing to draw/u],
    ['both', { data: ROWS, data_from: 'data/x.csv' }, /Both/u],
    ['two sources', { spec: { ...BARS, data: { values: ROWS } }, data: ROWS }, /data of its own/u],
    ['a missing artifact', { data_from: 'data/none.csv' }, /no artifact data\/none\.csv/u],
    ['a path outside', { data_from: '../x.csv' }, /outside the results dir/u],
  ])('%s is refused', async (_what, request, message) => {
    await expect(render({ spec: BARS, ...request })).rejects.toThrow(message);
    expect(context.results.exists('figures/chart.svg')).toBe(false);
  });

  test.each(['figures/x.svg', '../x', 'x', 'figures/../../x', 'figures/a/b', '/tmp/x'])(
    'save_as %s is refused',
    (save_as) => {
      expect(renderChart.input.safeParse({ ...NAMES, spec: BARS, save_as }).success).toBe(false);
    },
  );
});

describe('hostile text', () => {
  const HOSTILE = [
    '</svg><script>alert(1)</script>',
    '"><image href="http://127.0.0.1:9/x" onload="alert(1)"/>',
    '<![CDATA[ ]]> <!-- & &amp; &#0; &xxe;',
    `${'very long name '.repeat(334)}`,
    'עברית العربية ‮reversed',
    '💸🔥 漢字',
    'nul\0 bell\u0007 half\ud800',
    '__proto__',
    'constructor',
    '{{constructor}} datum.x',
  ];

  test('is drawn as text, in names, titles and descriptions alike', async () => {
    const data = HOSTILE.map((model, index) => ({ model, cost: index + 1 }));
    const text = HOSTILE.join(' ').slice(0, 290);
    const result = await render({
      spec: { ...BARS, encoding: { ...BARS.encoding, color: { field: 'model', type: 'nominal' } } },
      data,
      title: text,
      alt: text,
    });
    const drawing = svg();
    expect(() => assertPlainSvg(drawing, 'x')).not.toThrow();
    expect(drawing).not.toMatch(/<script|<image|\0/u);
    expect(drawing).toContain('&lt;script&gt;');
    expect(drawing).toContain('עברית');
    expect(drawing).toContain('💸');
    expect(result.warnings.join()).toMatch(/not in the shipped font/u);
    expect(result.width).toBeLessThan(1200);
  });
});

describe('specs that reach further than a chart may', () => {
  const text = (calculate: string) => ({ ...BARS, transform: [{ calculate, as: 'model' }] });
  test.each<[string, Record<string, unknown>, string]>([
    ['remote data', { ...BARS, data: { url: 'http://127.0.0.1:9/x.json' } }, '$.data.url'],
    ['a local file', { ...BARS, data: { url: 'file:///etc/passwd' } }, '$.data.url'],
    [
      'a remote lookup',
      {
        ...BARS,
        data: { values: ROWS },
        transform: [{ lookup: 'model', from: { data: { url: 'x' }, key: 'k', fields: ['v'] } }],
      },
      '$.transform[0].from.data.url',
    ],
    ['a layer with an address', { layer: [{ ...BARS, data: { url: 'x' } }] }, '$.layer[0].data.url'],
    ['an image mark', { ...BARS, data: { values: ROWS }, mark: 'image' }, '$.mark'],
    [
      'an image mark with options',
      { layer: [{ mark: { type: 'image', width: 3 } }], data: { values: ROWS } },
      '$.layer[0].mark',
    ],
    ['an image address', { ...BARS, data: { values: ROWS }, encoding: { url: { field: 'model' } } }, '$.encoding.url'],
    ['a link', { ...BARS, data: { values: ROWS }, mark: { type: 'bar', href: 'javascript:alert(1)' } }, '$.mark.href'],
    [
      'a link by field',
      { ...BARS, data: { values: ROWS }, encoding: { ...BARS.encoding, href: { field: 'model' } } },
      '$.encoding.href',
    ],
    [
      'a regular expression',
      { ...text('test(/(a+)+$/, datum.model)'), data: { values: ROWS } },
      '$.transform[0].calculate',
    ],
    [
      'a built regular expression',
      { ...BARS, data: { values: ROWS }, transform: [{ filter: { not: "test(regexp('(a+)+$'), datum.model)" } }] },
      '$.transform[0].filter.not',
    ],
    [
      'code instead of an expression',
      { ...text('(() => process.exit())()'), data: { values: ROWS } },
      '$.transform[0].calculate',
    ],
    [
      'a call of a constructor',
      { ...text("datum.constructor.constructor('return process')()"), data: { values: ROWS } },
      '$.transform[0].calculate',
    ],
    ['a giant sequence', { ...BARS, data: { sequence: { start: 0, stop: 1e9 } } }, '$.data.sequence'],
    ['an endless sequence', { ...BARS, data: { sequence: { start: 0, stop: 1, step: 0 } } }, '$.data.sequence'],
    ['a giant chart', { ...BARS, data: { values: ROWS }, width: 5000 }, '$.width'],
    ['giant steps', { ...BARS, data: { values: ROWS }, height: { step: 9000 } }, '$.height'],
    [
      'too many bins',
      { ...BARS, data: { values: ROWS }, encoding: { x: { field: 'cost', bin: { maxbins: 1e9 } } } },
      '$.encoding.x.bin.maxbins',
    ],
    ['nested cells', { ...BARS, data: { values: [{ a: { b: 1 } }] } }, '$.data.values[0].a'],
    ['rows as text', { ...BARS, data: { values: 'a,b' } }, '$.data.values'],
  ])('%s', async (_what, spec, at) => {
    await expect(render({ spec })).rejects.toMatchObject({ code: 'tool_input', at });
    expect(context.results.exists('figures/chart.svg')).toBe(false);
  });

  test('an expression cannot reach the process', async () => {
    const spec = {
      ...text("datum.constructor ? 'a' + datum['constructor']['constructor'] : ''"),
      data: { values: ROWS },
    };
    await render({ spec }).catch(() => undefined);
    if (context.results.exists('figures/chart.svg')) expect(svg()).not.toMatch(/native code.*Function\b/u);
  });

  test('a sequence function is bounded', async () => {
    const spec = { ...text('length(sequence(0, 1e9))'), data: { values: ROWS } };
    await expect(render({ spec })).rejects.toMatchObject({ code: 'tool_input' });
  });

  test('too many rows', async () => {
    const values = Array.from({ length: 20_001 }, (_, cost) => ({ cost }));
    await expect(render({ spec: { ...BARS, data: { values } } })).rejects.toThrow(/20001 rows/u);
    await context.results.write('data/x.csv', `cost\n${values.map(({ cost }) => cost).join('\n')}\n`);
    await expect(render({ spec: BARS, data_from: 'data/x.csv' })).rejects.toThrow(/20001 rows/u);
  });

  test('too many small multiples', async () => {
    const data = Array.from({ length: 100 }, (_, n) => ({ model: `m${n}`, cost: n }));
    const spec = { ...BARS, encoding: { ...BARS.encoding, row: { field: 'model', type: 'nominal' } } };
    await expect(render({ spec, data })).rejects.toThrow(/100 small charts/u);
  });

  test('a chart that grows with its rows', async () => {
    const data = Array.from({ length: 5000 }, (_, n) => ({ model: `m${n}`, cost: n }));
    await expect(render({ spec: BARS, data })).rejects.toThrow(/4000 is the most/u);
  });

  test('deep nesting', async () => {
    let spec: { [key: string]: Json } = { mark: 'bar' };
    for (let n = 0; n < 100; n += 1) spec = { layer: [spec] };
    await expect(render({ spec, data: ROWS })).rejects.toThrow(/deeper than/u);
  });
});

describe('mistakes in a spec name their place and what is allowed', () => {
  const { x } = BARS.encoding;
  test.each<[string, Record<string, unknown>, string, RegExp]>([
    ['a wrong mark', { ...BARS, mark: 'bars' }, '$.mark', /"bars" is not allowed; use .*"bar"/u],
    [
      'a misspelt property',
      { ...BARS, encoding: { x: { ...x, feild: 'cost' } } },
      '$.encoding.x.feild',
      /no property "feild"/u,
    ],
    ['a wrong type', { ...BARS, encoding: { x: { ...x, type: 'quant' } } }, '$.encoding.x.type', /"quantitative"/u],
    [
      'a wrong aggregate',
      { ...BARS, encoding: { x: { ...x, aggregate: 'avg' } } },
      '$.encoding.x.aggregate',
      /"average"/u,
    ],
    ['a misspelt channel', { ...BARS, encoding: { colr: x } }, '$.encoding.colr', /no property "colr"/u],
    [
      'inside a layer',
      { layer: [BARS, { mark: { type: 'line', colour: 'red' } }] },
      '$.layer[1].mark.colour',
      /"colour"/u,
    ],
    [
      'a wrong scale',
      { ...BARS, encoding: { x: { ...x, scale: { type: 'logarithm' } } } },
      '$.encoding.x.scale.type',
      /"log"/u,
    ],
    ['no mark', { encoding: { x } }, '$.encoding', /./u],
    ['a key that a pointer escapes', { ...BARS, encoding: { 'a/b~c%': x } }, '$.encoding.a/b~c%', /a\/b~c%/u],
  ])('%s', async (_what, spec, at, message) => {
    const failure = await render({ spec, data: ROWS }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'tool_input', at });
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message).not.toContain('"image"');
  });

  test('what Vega remarks comes back as a warning', async () => {
    const { warnings } = await render({
      spec: { ...BARS, encoding: { ...BARS.encoding, x: { field: 'none', type: 'quantitative' } } },
      data: ROWS,
    });
    expect(warnings.join()).toMatch(/none/u);
  });
});
