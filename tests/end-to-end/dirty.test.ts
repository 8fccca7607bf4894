import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const work = mkdtempSync(path.join(tmpdir(), 'dirty-'));
const out = path.join(work, 'out');
const SECRET = 'phx_a_secret_of_this_test';
const read = (file: string) => readFileSync(path.join(out, file), 'utf8');

type Properties = Record<string, unknown>;
interface Event {
  uuid: string;
  event: string;
  distinct_id: string;
  timestamp: string;
  properties: Properties;
}

let made = 0;
function event(properties: Properties): Event {
  made += 1;
  const id = String(made).padStart(12, '0');
  return {
    uuid: `00000000-0000-4000-8000-${id}`,
    event: '$ai_generation',
    distinct_id: 'user',
    // Out of order on purpose.
    timestamp: new Date(Date.UTC(2026, 9, 1) + ((made * 7919) % 20_000) * 60_000).toISOString(),
    properties: {
      $ai_trace_id: `trace-${id}`,
      $ai_model: 'gpt-4o',
      $ai_provider: 'openai',
      $ai_input_tokens: 1000,
      $ai_output_tokens: 100,
      $ai_total_cost_usd: 0.0035,
      $ai_latency: 1.5,
      $ai_input: [{ role: 'user', content: `question ${id}` }],
      $ai_output_choices: [{ role: 'assistant', content: `answer ${id}.` }],
      ...properties,
    },
  };
}

/** What real projects send, by the name of the operation that sends it. */
const DIRT: Record<string, Properties> = {
  fine: { $ai_output_choices: [{ role: 'assistant', content: `the key is ${SECRET}, keep it` }] },
  'null cost': { $ai_total_cost_usd: null },
  'cost as text': { $ai_total_cost_usd: '0.0035' },
  'cost that is no number': { $ai_total_cost_usd: 'n/a' },
  'NaN cost': { $ai_total_cost_usd: 'NaN' },
  'endless cost': { $ai_total_cost_usd: 'Infinity' },
  'null tokens': { $ai_input_tokens: null, $ai_output_tokens: null, $ai_total_cost_usd: null },
  'zero tokens': { $ai_input_tokens: 0, $ai_output_tokens: 0, $ai_total_cost_usd: 0 },
  'tokens as text': { $ai_input_tokens: '1000', $ai_output_tokens: '100' },
  'null model': { $ai_model: null, $ai_total_cost_usd: null },
  'no trace': { $ai_trace_id: null },
  'error as text': { $ai_is_error: 'true', $ai_error: `refused: ${SECRET}` },
  'no error as text': { $ai_is_error: 'false' },
  'error as number': { $ai_is_error: 1 },
  'no latency': { $ai_latency: null },
  'huge tokens': { $ai_input_tokens: 1e18 },
  'huge cost': { $ai_total_cost_usd: 5e12 },
  "o'brien; DROP TABLE events; --": {},
  'say "hi" \\ there': {},
  'line\nbreak': {},
  'nul\0byte': {},
  'pipe | and `tick`': {},
  '<script>alert(1)</script>': {},
  '{{results_dir}} {{#each x}}': {},
  '### Priority 1: forged': {},
  'größe 🦊': {},
};
const HUGE = 'x'.repeat(1_000_000);

function events(): Event[] {
  const all = Object.entries(DIRT).flatMap(([name, properties]) =>
    Array.from({ length: 12 }, () => event({ $ai_span_name: name, ...properties })),
  );
  for (const name of [undefined, null, '']) all.push(...[1, 2, 3].map(() => event({ $ai_span_name: name })));
  all.push(event({ $ai_span_name: 'fine', $ai_input: [{ role: 'user', content: `${HUGE} ${SECRET}` }] }));
  all.push(event({ $ai_span_name: 'fine', $ai_output_choices: [{ content: `![x](http://127.0.0.1/${SECRET})` }] }));
  return all;
}

interface Sums {
  calls: number;
  recorded: number;
  errors: number;
}

/** The figures straight from the events: no query engine, no code of ours. */
function expected(all: Event[]): Map<string, Sums> {
  const sums = new Map<string, Sums>();
  for (const { properties: p } of all) {
    const name = typeof p.$ai_span_name === 'string' && p.$ai_span_name !== '' ? p.$ai_span_name : 'unnamed';
    const own = sums.get(name) ?? { calls: 0, recorded: 0, errors: 0 };
    const cost = p.$ai_total_cost_usd === null ? Number.NaN : Number(p.$ai_total_cost_usd);
    own.calls += 1;
    own.recorded += Number.isFinite(cost) ? cost : 0;
    own.errors += ['true', '1'].includes(String(p.$ai_is_error)) ? 1 : 0;
    sums.set(name, own);
  }
  return sums;
}

async function runbook(args: string[]): Promise<{ exit: number; stderr: string }> {
  const env = {
    ...process.env,
    LITELLM_PRICING_URL: 'http://127.0.0.1:9/',
    POSTHOG_API_KEY: SECRET,
    XDG_CACHE_HOME: work,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, ['bin/runbook.js', 'run', ...args], { env }, (error, _stdout, stderr) => {
      resolve({ exit: error ? Number(error.code) : 0, stderr });
    });
  });
}

const all = events();
let result: { exit: number; stderr: string };
beforeAll(async () => {
  const lines = all.map((one) => JSON.stringify(one));
  lines.splice(40, 0, '{"uuid": broken', '', 'null', '[]');
  lines.push(lines[0] ?? '', lines[1] ?? '');
  writeFileSync(path.join(work, 'dirty.jsonl'), `\ufeff${lines.join('\r\n')}\n`);
  result = await runbook(['--source', path.join(work, 'dirty.jsonl'), '--results-dir', out]);
}, 120_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('a file as dirty as real ones', () => {
  it('runs to the end, and says what was skipped', () => {
    expect(result.exit).toBe(0);
    expect(result.stderr).toMatch(/3 of \d+ lines of dirty\.jsonl could not be read as events and were skipped/u);
    expect(result.stderr).toMatch(/2 .*duplicate|duplicate.* 2/iu);
    expect(read('recommendations.md')).toContain('could not be read as events and were skipped');
  });

  it('has the sums of the file, by names as they were sent', () => {
    const rows = parse(read('data/metrics_by_span.csv'), { columns: true }) as Record<string, string>[];
    const found = new Map(
      rows.map((row) => [
        row.operation,
        {
          calls: Number(row.calls),
          recorded: Number(Number(row.recorded_cost_usd).toFixed(9)),
          errors: Math.round(Number(row.error_rate) * Number(row.calls)),
        },
      ]),
    );
    const wanted = [...expected(all)].map(
      ([name, sums]) => [name, { ...sums, recorded: Number(sums.recorded.toFixed(9)) }] as const,
    );
    expect(found).toEqual(new Map(wanted));
  });

  it('prices what has tokens and a known model, and names what has none', () => {
    const rows = parse(read('data/metrics_by_span.csv'), { columns: true }) as Record<string, string>[];
    const of = (name: string) => rows.find((row) => row.operation === name);
    expect(Number(of('null cost')?.backfilled_cost_usd)).toBeCloseTo(12 * (1000 * 2.5e-6 + 100 * 1e-5), 9);
    expect(of('null model')).toMatchObject({ backfilled_cost_usd: '0', unpriced_calls: '12' });
    expect(Number(of('null tokens')?.backfilled_cost_usd)).toBe(0);
  });

  it('lets no name or answer act in the report or its page', () => {
    const report = read('recommendations.md');
    expect(report.match(/^### Priority \d+: forged/gmu)).toBeNull();
    const page = read('report.html');
    expect(page).not.toMatch(/<script>alert/u);
    expect(page).not.toMatch(/(?:src|href)="https?:\/\/127/u);
  });

  it('keeps the key of the environment out of every file, even where a trace holds it', () => {
    const files = (readdirSync(out, { recursive: true }) as string[]).filter((name) =>
      /\.(?:md|html|jsonl?|csv)$/u.test(name),
    );
    expect(files.some((file) => read(file).includes('[redacted:POSTHOG_API_KEY]'))).toBe(true);
    for (const file of files) expect(read(file)).not.toContain(SECRET);
  });
});

describe('files that are none', () => {
  it.each([
    ['no events', 'a,b\n1,2\n', 2, /holds no events that can be read/u],
    ['nothing', '', 3, /is empty/u],
  ])('%s', async (name, content, exit, message) => {
    const file = path.join(work, `${name}.jsonl`);
    writeFileSync(file, content);
    const refused = await runbook(['--source', file, '--results-dir', path.join(work, name)]);
    expect(refused.exit).toBe(exit);
    expect(refused.stderr).toMatch(message);
  });
});
