import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SlackBody, type SlackReport, slackBody } from '../../../platform/webhooks/slack.ts';

const report: SlackReport = {
  title: 'PostHog Trace Optimizer',
  verdict: 'passed',
  window: { from: '2026-07-01T00:00:00Z', to: '2026-07-31T00:00:00Z' },
  spendUsd: 12345.67,
  projectedSavingsUsd: 1200,
  recommendations: [
    { title: 'Cache the system prompt of `answer`', monthlySavingsUsd: 800 },
    { title: 'Stop the retry loop', monthlySavingsUsd: 400.5 },
    { title: 'Log content', monthlySavingsUsd: null },
    { title: 'A fourth', monthlySavingsUsd: 1 },
  ],
  runUrl: 'https://runs.example/acme/triage/a1b2c3d4?a=1&b=2',
};

function texts(body: SlackBody): string[] {
  return body.blocks.flatMap(({ text, fields = [] }) => [
    ...(text ? [text.text] : []),
    ...fields.map((field) => field.text),
  ]);
}

describe('a message', () => {
  it('says of a run that was cancelled that it was', () => {
    expect(slackBody({ ...report, verdict: 'cancelled' }).text).toContain('Trace Optimizer: cancelled;');
  });

  it('tells the verdict, the window, the money, three recommendations and where the run is', () => {
    expect(texts(slackBody(report))).toMatchInlineSnapshot(`
      [
        "*PostHog Trace Optimizer*",
        "*Verdict*
      Passed",
        "*Window*
      2026-07-01 to 2026-07-31",
        "*Spend*
      $12,345.67",
        "*Projected savings*
      $1,200.00 a month",
        "*Recommendations*
      1. Cache the system prompt of \`answer\` (saves $800.00 a month)
      2. Stop the retry loop (saves $400.50 a month)
      3. Log content (no savings projected)",
        "<https://runs.example/acme/triage/a1b2c3d4?a=1&amp;b=2|Open the run>",
      ]
    `);
    expect(slackBody(report).text).toMatchInlineSnapshot(
      `"PostHog Trace Optimizer: passed; 2026-07-01 to 2026-07-31, spend $12,345.67, projected savings $1,200.00 a month"`,
    );
  });

  it('a run without figures says n/a, and lists no recommendations', () => {
    const body = slackBody({
      ...report,
      verdict: 'failed',
      spendUsd: null,
      projectedSavingsUsd: null,
      recommendations: [],
    });
    expect(body.text).toContain('failed; 2026-07-01 to 2026-07-31, spend n/a, projected savings n/a');
    expect(texts(body).join('\n')).not.toContain('Recommendations');
  });

  it.each([
    ['<!channel>', /<!/u],
    ['<!here|here>', /<!/u],
    ['<@U123>', /<@/u],
    ['<https://evil.example|Open the run>', /<https:\/\/evil/u],
    ['@channel', /@channel/u],
    ['@here', /@here/u],
    ['@\u200beveryone', /@everyone/u],
    ['see https://evil.example', /:\/\/evil/u],
    ['see www.evil.example', /www\.evil/u],
    ['[x](http://evil.example)', /:\/\/evil/u],
    ['mailto:a@evil.example', /mailto:a@/u],
    ['&lt;!channel&gt;', /&lt;!channel&gt;/u],
  ])('%j in a title stays text', (title, never) => {
    const body = slackBody({ ...report, title, recommendations: [{ title, monthlySavingsUsd: 1 }] });
    for (const text of [...texts(body), body.text]) expect(text).not.toMatch(never);
    expect([...texts(body), body.text].join('').match(/</gu)).toHaveLength(1);
  });

  it('whatever the titles, no text is over its bound, and the only markup is the link to the run', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4000 }),
      fc.string({
        unit: fc.constantFrom('&', '<', '>', '@', 'here', '://', '\n', '😀'),
        minLength: 500,
        maxLength: 4000,
      }),
    );
    const recommendation = fc.record({ title: hostile, monthlySavingsUsd: fc.constantFrom(null, 1, 123456.78) });
    fc.assert(
      fc.property(hostile, fc.array(recommendation, { maxLength: 5 }), (title, recommendations) => {
        const body = slackBody({ ...report, title, recommendations });
        const all = texts(body);
        for (const text of [...all, body.text]) {
          expect(text.length).toBeLessThanOrEqual(3000);
          expect(text).not.toMatch(/@(?:here|channel|everyone)/iu);
          expect(text.replace(/&(?:amp|lt|gt);/gu, '')).not.toMatch(/&|<(?!https:\/\/runs\.example)/u);
        }
        expect(all.at(-1)).toBe('<https://runs.example/acme/triage/a1b2c3d4?a=1&amp;b=2|Open the run>');
      }),
    );
  });

  it("the run's address cannot end its link", () => {
    const body = slackBody({ ...report, runUrl: 'https://runs.example/a|b>c?d=<e>#|' });
    expect(texts(body).at(-1)).toMatch(/^<[^<>|]+\|Open the run>$/u);
  });
});
