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
    ['list, step and priority numbers', '1. Step 3 of priority 2, see figure 4'],
    ['quantiles and choices of the contract', 'the top 5, p95 and p50.5, the last 7'],
    ['statistics', 'a 95% confidence interval at 80% power and the 5% level'],
    ['round targets', 'with a target of 50%; keep it at least 20%, and below 5%'],
    ['code in a span', '`retry(3)` and `x[2]` and `temperature = 0.7`'],
    ['code blocks', '```python\nprice = "$99.99"  # 42%\n```'],
    ['versions and files', 'version 2.1, v1.2.3 and data/metrics_by_span_7d.csv'],
    ['properties', 'filter `$ai_trace_id`, in traces of `data/outlier_traces.json`'],
  ])('takes no claim from %s', async (_name, text) => {
    expect(await found(text)).toEqual([]);
  });

  it('takes no settings and targets from fix and plan, but amounts, shares and what they say was measured', async () => {
    const text =
      '## Recommendations\n\n### Priority 9: x\n\n#### Recommended Fix\n\nSave 40%, retry 3 times; 9,998 calls failed.\n\n#### How to Measure Success\n\n- Target: 20% of 9,999 calls\n- Takes 640 traces per arm; $777.77 were lost.';
    expect(await found(text)).toEqual(['40% unsupported', '9,998 contradicted', '$777.77 unsupported']);
  });

  it('takes a bound that nobody asks for for a claim', async () => {
    expect(await found('The error rate stayed below 15%.')).toEqual(['15% unsupported']);
  });

  it('reads the trace ids of a query and of code', async () => {
    const known = TRACES.draft[0];
    const sql = (ids: string) => `\`\`\`sql\nSELECT 1\nWHERE properties.$ai_trace_id IN (${ids})\n\`\`\``;
    const [first, second] = await claims(sql(`'${known}', 'trace-77'`));
    expect([first?.status, second?.status]).toEqual(['verified', 'unsupported']);
    expect(second).toMatchObject({ kind: 'trace', text: 'trace-77', line: 3 });
    const made = '0194aa10-7c1e-7b11-8a2f-00000000dead';
    expect(await found(`\`\`\`python\n# seen in trace ${made}\n\`\`\``)).toEqual([`${made} unsupported`]);
    expect(await found(`\`\`\`python\nkey = "${made}"\n\`\`\``)).toEqual([]);
  });

  it.each([
    [
      'fenced text',
      '```text\nTrace 3f9c1d52-7b84-4e06-9a6d-2c5e8b7a1f43 lost our money.\n```',
      '3f9c1d52-7b84-4e06-9a6d-2c5e8b7a1f43',
    ],
    [
      'fenced text without a language',
      '```\n3f9c1d527b844e069a6d2c5e8b7a1f43\n```',
      '3f9c1d527b844e069a6d2c5e8b7a1f43',
    ],
    ['fenced data', '```json\n{"trace_id": "deadbeefcafe"}\n```', 'deadbeefcafe'],
    ['a comment in Python', '```python\nf()  # as in trace deadbeefcafe\n```', 'deadbeefcafe'],
    ['a comment in a query', '```sql\nSELECT 1 -- trace abc-def-ghi\n```', 'abc-def-ghi'],
    [
      'a comment without the word',
      '```bash\n# 3f9c1d52-7b84-4e06-9a6d-2c5e8b7a1f43\nls\n```',
      '3f9c1d52-7b84-4e06-9a6d-2c5e8b7a1f43',
    ],
    ['letters that are hexadecimal', 'See trace deadbeefcafe.', 'deadbeefcafe'],
    ['a word of three parts', 'See trace abc-def-ghi.', 'abc-def-ghi'],
    ['an id behind a colon', 'Trace id: "zz9c1d527b84"', 'zz9c1d527b84'],
    ['the beginning of one in a code span', 'It failed (`0194abcd-77`).', '0194abcd-77'],
    ['a link', '[See](https://us.posthog.com/project/1/traces/zz9c1d527b84)', 'zz9c1d527b84'],
    [
      'a link in a table',
      '| a |\n|---|\n| [b](https://us.posthog.com/project/1/traces/zz9c1d527b84?tab=x) |',
      'zz9c1d527b84',
    ],
    ['an address in code', '```bash\ncurl https://us.posthog.com/traces/zz9c1d527b84\n```', 'zz9c1d527b84'],
    [
      'a name with underscores around it',
      'see id_3f9c1d52-7b84-4e06-9a6d-2c5e8b7a1f43_x',
      '3f9c1d52-7b84-4e06-9a6d-2c5e8b7a1f43',
    ],
  ])('finds a made trace id in %s', async (_name, text, id) => {
    const traces = (await claims(text)).filter(({ kind }) => kind === 'trace');
    expect(traces.map(({ text: cited, status }) => [cited, status])).toEqual([[id, 'unsupported']]);
  });

  it.each([
    'Read the trace ids in the trace viewer.',
    'A trace-level view of traces per arm.',
    'Measured for each trace end-to-end, trace by trace.',
    'The cost of a trace well-above-average; traces without-an-error.',
    'Traces 2026-07-01 to 2026-07-31; see /traces/overview.',
    'The commit `0a1b2c3d` and the model `claude-sonnet-4-5`.',
    '```python\nfor trace in traces:  # every trace once\n    keep(trace.id)\n```',
    '```sql\nSELECT trace_id FROM traces -- trace ids per day-of-week\n```',
    '```bash\nopen https://us.posthog.com/traces/$TRACE\n```',
  ])('sees no trace id in %j', async (text) => {
    expect((await claims(text)).filter(({ kind }) => kind === 'trace')).toEqual([]);
  });

  it('verifies amounts, shares and counts that the data hold, rounded as written', async () => {
    expect(
      await found('`draft_reply` cost $512.35, or $512, or $0.5k, in 4,210 calls; 25.7% of its traces are stuffed.'),
    ).toEqual([
      '$512.35 verified',
      '$512 verified',
      '$0.5k verified',
      '25.7% verified',
      '4,210 verified',
      'draft_reply verified',
    ]);
  });

  it('asks of a short figure that the line names what owns it', async () => {
    expect(await found('The rate is 8.1%.')).toEqual(['8.1% unsupported']);
    expect(await found('The rate of `extract_order` is 8.1%.')).toContain('8.1% verified');
    expect(await found('The rate of `draft_reply` is 8.1%.')).toContain('8.1% unsupported');
  });

  it.each([
    ['full-width digits', '４１２７７ calls', '41277'],
    ['digits of another script', '٤١٢٧٧ calls', '41277'],
    ['thin spaces', '41\u2009277 calls', '41,277'],
    ['apostrophes', "41'277 calls", '41,277'],
    ['words', 'Twelve thousand calls', '12k'],
    ['powers of ten', '3e5 tokens', '300000'],
    ['a code span', '`41277` calls', '41277'],
    ['an unknown noun', '41,277 users', '41,277'],
    ['a decimal comma', '61,3 % of them', '61.3 %'],
    ['percent in words', 'Sixty-one percent of them', '61%'],
    ['a fraction', '¾ of the calls', '75%'],
    ['a fraction in words', 'Three quarters of the calls', '75%'],
    ['a ratio', 'It costs 37.5× the median', '37.5×'],
    ['a currency before', 'USD 777.77 were lost', '$777.77'],
    ['cents', '77¢ a call', '$0.77'],
    ['hidden characters', '$7\u200b77.77 were lost', '$777.77'],
    ['a hyphen', 'a 77,777-token prompt', '77,777'],
    ['a date in words', 'since 2 January 2019', '2 January 2019'],
    ['a month', 'since March 2019', 'March 2019'],
    ['a length', 'over 95 days', '95 days'],
    ['a status', 'They end with HTTP 418', 'HTTP 418'],
    ['a model', 'All of it runs on gpt-9-ultra', 'gpt-9-ultra'],
    ['an operation', 'Most is of `ghost_operation`', 'ghost_operation'],
    ['a heading', '### 41,277 calls\n', '41,277'],
    ['a block quote', '> 41,277 calls', '41,277'],
    ['an alternative text', '![41,277 calls](figures/x.svg)', '41,277'],
    ['a text fence', '```text\n41,277 calls\n```', '41,277'],
    ['a table of its own', '| What | Figure |\n|---|---|\n| Lost | 41,277 |', '41,277'],
  ])('finds a figure that the data do not hold in %s', async (_name, text, written) => {
    expect(await found(text)).toEqual([`${written} unsupported`]);
  });

  it.each([
    ['another currency', '€512.35 were spent', '€512.35'],
    ['an amount below zero', '-$512.35 were spent', '$512.35'],
    ['a latency in another unit', 'The p95 latency is 777 ms', '777 ms'],
    ['a total that is none', 'In all, $777.77 were spent', '$777.77'],
  ])('takes for contradicted %s', async (_name, text, written) => {
    expect(await found(text)).toEqual([`${written} contradicted`]);
  });

  const summary = (cost: string) => `## Executive Summary\n\n- **Total cost:** ${cost}`;
  const plan = (text: string) => `## Recommendations\n\n### Priority 1: x\n\n#### How to Measure Success\n\n${text}`;
  const cost = (cell: string) =>
    `## Cost Analysis\n\n| Operation | Total cost |\n|---|---|\n| \`draft_reply\` | ${cell} |`;
  it.each([
    [
      'a pair on two lines',
      '`draft_reply`: in 310 of\n1,204 traces (25.7%)',
      '`draft_reply`: in 310 of\n1,205 traces (25.7%)',
    ],
    ['a name on the line above', 'Of `extract_order`\nthe rate is 8.1%.', 'Of `draft_reply`\nthe rate is 8.1%.'],
    ['dollars behind a headline', summary('842.65 USD ($734.65 recorded)'), summary('842.66 USD ($734.65 recorded)')],
    ['dollars in thousands', '`draft_reply` cost 0.51k dollars', '`draft_reply` cost 0.52k dollars'],
    ['about in a cell', cost('about $512'), cost('about $513')],
    ['about, below zero', cost('about $512'), cost('about -$512')],
    ['a narrow space in a plan', plan('- **Baseline:** 61\u202F877'), plan('- **Baseline:** 61\u202F878')],
  ])('takes %s as it is meant', async (_name, right, wrong) => {
    const [good, bad] = [await claims(right), await claims(wrong)];
    expect(good.filter(({ status }) => status !== 'verified')).toEqual([]);
    expect(good.length).toBeGreaterThan(0);
    expect(bad.filter(({ status }) => status !== 'verified')).not.toEqual([]);
  });

  it('reads what follows a quotation of another trace as before', async () => {
    const shown = (between: string) =>
      `## Qualitative Findings\n\nTrace \`${TRACES.draft[0]}\`:\n\n${between}\n\n\`\`\`text\nTicket of draft_reply: my order never came.\n\`\`\``;
    const quoted = `Trace \`${TRACES.retry[0]}\` begins “Ticket of extract_order: my order never came.”`;
    expect(await found(shown(quoted))).not.toContainEqual(expect.stringContaining('contradicted'));
    const named = `${quoted} and reads:`;
    expect(await found(shown(named))).toContainEqual('Ticket of draft_reply: my order never came. contradicted');
  });

  it('derives the sum and the difference of what a line names', async () => {
    const line = '`draft_reply` and `extract_order` together cost';
    const sum = artifacts.spans.value
      ?.filter(({ operation }) => ['draft_reply', 'extract_order'].includes(operation))
      .reduce((total, row) => total + row.total_cost_usd, 0);
    const [claim] = await claims(`${line} $${sum?.toFixed(2)}.`).then((all) =>
      all.filter(({ kind }) => kind === 'usd'),
    );
    expect(claim).toMatchObject({ status: 'verified', derived: true });
    expect(await found(`${line} $${((sum ?? 0) + 1).toFixed(2)}.`)).toContain(
      `$${((sum ?? 0) + 1).toFixed(2)} unsupported`,
    );
  });

  /** How many of the figures from one to another a sentence may name, and still hold. */
  async function accepted(sentence: (n: number) => string, from: number, to: number): Promise<number[]> {
    const numbers = Array.from({ length: to - from + 1 }, (_, n) => from + n);
    const all = await claims(numbers.map(sentence).join('\n\n'));
    const false_ = new Set(all.filter(({ status }) => status !== 'verified').map(({ line }) => line));
    return numbers.filter((_, n) => !false_.has(2 * n + 1));
  }

  it.each<[string, (n: number) => string, number[]]>([
    ['what the data do not count', (n) => `We saw ${n + 99} customers leave.`, []],
    ['calls', (n) => `Then ${n + 699} calls came twice.`, [101]],
    ['a latency of nothing', (n) => `The p95 latency is ${(n / 10).toFixed(1)} s.`, []],
    ['a latency', (n) => `The p95 latency of \`extract_order\` is ${(n / 10).toFixed(1)} s.`, [23]],
    ['a ratio', (n) => `\`draft_reply\` has a p95 of ${(n / 10).toFixed(1)}× the median.`, [55]],
    ['waste of its own', (n) => `\`draft_reply\` wastes ${n}% of its spend.`, [35]],
    ['waste of the whole', (n) => `Then ${n}% of the spend is wasted.`, [35]],
    ['a share of the calls', (n) => `\`draft_reply\` makes ${n}% of all calls.`, [16]],
    ['errors', (n) => `The error rate of \`extract_order\` is ${n}%.`, [8]],
    ['money a month', (n) => `Waste costs $${n * 5} a month.`, [59]],
  ])('holds to the one right value %s', async (_name, sentence, right) => {
    expect(await accepted(sentence, 1, 200)).toEqual(right);
  });

  it('derives shares and sums of figures that the same line states', async () => {
    expect(await found('Of 26,735 calls, 800 failed: 3.0%.')).toEqual([
      '3.0% verified',
      '26,735 verified',
      '800 verified',
    ]);
    expect(await found('Of 26,735 calls, 800 failed: 4.0%.')).toContain('4.0% unsupported');
    expect(await found('`draft_reply` and `label_ticket` make 63.1% of all calls.')).toContain('63.1% verified');
    expect(await found('`draft_reply` and `label_ticket` make 64.1% of all calls.')).toContain('64.1% unsupported');
  });

  it.each([
    ['sizes in words', 'The bill is five figures.', 'five figures unsupported'],
    ['growth', 'Cost doubled last week.', 'doubled unsupported'],
    ['nearly all', 'Almost all calls fail.', 'Almost all unsupported'],
    ['half', 'Half the traffic is waste.', '50% unsupported'],
    ['a grand', 'It costs a hundred grand a month.', '$100k unsupported'],
    ['a status that no call has', '404 errors dominate.', '404 unsupported'],
    ['a denial', 'No call failed.', 'No call failed contradicted'],
    ['a model as people write it', 'It runs on Claude Opus 9.', 'Claude Opus 9 unsupported'],
    ['a model without its hyphen', 'It runs on gpt9.', 'gpt9 unsupported'],
    ['an operation by its word', 'The operation `payInvoice` is dear.', 'payInvoice unsupported'],
    ['a version', 'Since version 777.77.', '777.77 unsupported'],
    [
      'a quotation',
      'One said "I will sue you all for the toaster".',
      'I will sue you all for the toaster contradicted',
    ],
    ['a title of a link', '[x]: https://example.org "41,277 calls"', '41,277 unsupported'],
  ])('finds what is false in %s', async (_name, text, claim) => {
    expect(await found(text)).toContain(claim);
  });

  it('takes words of no measure and names that the data hold', async () => {
    expect(await found('It doubled from 800 errors. Most calls run on Claude Sonnet 4.5.')).toEqual([
      'Claude Sonnet 4.5 verified',
      '800 verified',
    ]);
    expect(await found('`extract_order` doubled without errors.')).toEqual([
      'doubled unsupported',
      'extract_order verified',
    ]);
  });

  it.each([
    ["'I will sue you all for the toaster'"],
    ['‹I will sue you all for the toaster›'],
    ['*I will sue you all for the toaster*'],
  ])('takes %s for a quotation where traces are read', async (quoted) => {
    const claim = 'I will sue you all for the toaster contradicted';
    expect(await found(`## Qualitative Findings\n\nOne said ${quoted}.`)).toEqual([claim]);
    expect(await found(`## Qualitative Findings\n\n| Excerpt |\n|---|\n| ${quoted.slice(1, -1)} |`)).toEqual([claim]);
  });

  it('takes for evidence of a recommendation only traces of its operation', async () => {
    const part = '## Recommendations\n\n### Priority 1: x\n\n#### Evidence\n\nSee trace';
    expect(await found(`${part} \`${TRACES.draft[0]}\`.`)).toEqual([`${TRACES.draft[0]} verified`]);
    expect(await found(`${part} \`${TRACES.retry[0]}\`.`)).toEqual([`${TRACES.retry[0]} contradicted`]);
  });

  it('takes a model that has only a price for none of the data, outside recommendations', async () => {
    const priced = readArtifacts(
      writeFiles({
        ...goodFiles(),
        'data/model_pricing.json': (goodFiles()['data/model_pricing.json'] ?? '').replace('gpt-4o', 'command-r-plus'),
      }),
    );
    const status = async (markdown: string) => {
      const { structure } = await readReport(markdown);
      const ground = { file: 'recommendations.md', artifacts: priced, known: knownValues(priced) };
      return readClaims(structure.blocks, ground).at(-1)?.status;
    };
    expect(await status('It runs on `command-r-plus`.')).toBe('unsupported');
    expect(await status('## Recommendations\n\nMove it to `command-r-plus`.')).toBe('verified');
  });

  it('takes no proof from a file that no tool writes, unless the runbook declares it', async () => {
    const dir = writeFiles({ ...goodFiles(), 'data/notes.json': '{"lost_usd": 777.77}' });
    const own = readArtifacts(dir);
    const { structure } = await readReport('$777.77 were lost.');
    const status = (values: KnownValues) =>
      readClaims(structure.blocks, { file: 'recommendations.md', artifacts: own, known: values })[0]?.status;
    expect(status(knownValues(own))).toBe('unsupported');
    expect(status(knownValues(own, ['data/notes.json']))).toBe('verified');
  });

  it('finds figures that the data do not hold', async () => {
    expect(await found('It cost $513.35; 83.1% of 4,211 calls.')).toEqual([
      '$513.35 unsupported',
      '83.1% unsupported',
      '4,211 unsupported',
    ]);
  });

  it('tells trace ids from other code spans', async () => {
    const [first, second] = TRACES.draft;
    expect(await found(`Traces \`${first}\`, \`nope-1\` and \`${second}\` of \`draft_reply\`.`)).toEqual([
      `${first} verified`,
      'nope-1 unsupported',
      `${second} verified`,
      'draft_reply verified',
    ]);
    expect(await found('see 0194aa10-7c1e-7b11-8a2f-00000000dead')).toEqual([
      '0194aa10-7c1e-7b11-8a2f-00000000dead unsupported',
    ]);
    expect(await found(`Trace \`${first.slice(0, 35)}…\``)).toEqual([`${first.slice(0, 35)}… verified`]);
    expect(await found(`Trace \`${first.slice(0, 4)}…\``)).toEqual([`${first.slice(0, 4)}… unsupported`]);
  });

  it('sees the text of HTML, its comments and titles', async () => {
    expect(await found('<div>\n<b>$513.35</b>\n</div>\n\n<!-- $514.35 -->')).toEqual([
      '$513.35 unsupported',
      '$514.35 unsupported',
    ]);
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
