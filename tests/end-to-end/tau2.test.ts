import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip, gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const FILE = '../shared/data/tau2.jsonl.gz';
const present = existsSync(FILE);
if (!present) process.stderr.write(`LOUD: ${FILE} is missing; the end-to-end run on real events is not made\n`);

interface Sums {
  calls: number;
  recorded: number;
  tokens: number;
  latencies: number[];
}

const out = mkdtempSync(path.join(tmpdir(), 'tau2-'));
const byOperation = new Map<string, Sums>();
const byModel = new Map<string, Sums>();

function add(map: Map<string, Sums>, name: string, p: Record<string, number | null>): void {
  const sums = map.get(name) ?? { calls: 0, recorded: 0, tokens: 0, latencies: [] };
  sums.calls += 1;
  sums.recorded += p.$ai_total_cost_usd ?? 0;
  sums.tokens += (p.$ai_input_tokens ?? 0) + (p.$ai_output_tokens ?? 0);
  if (typeof p.$ai_latency === 'number') sums.latencies.push(p.$ai_latency);
  map.set(name, sums);
}

/** The figures straight from the file: no query engine, no code of ours. */
async function compute(): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(FILE).pipe(createGunzip()) })) {
    const { properties } = JSON.parse(line) as { properties: Record<string, never> };
    add(byOperation, properties.$ai_span_name ?? 'unnamed', properties);
    add(byModel, properties.$ai_model ?? 'unknown', properties);
  }
}

function p95(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = 0.95 * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? 0;
  return low + ((sorted[Math.ceil(at)] ?? low) - low) * (at - Math.floor(at));
}

const csv = (file: string) =>
  parse(readFileSync(path.join(out, file), 'utf8'), { columns: true }) as Record<string, string>[];
const json = (file: string) => JSON.parse(readFileSync(path.join(out, file), 'utf8')) as never;

describe.runIf(present)('a run on 15,417 real generations', () => {
  beforeAll(async () => {
    await compute();
    const args = [
      'bin/runbook.js',
      'run',
      '--source',
      FILE,
      '-p',
      'window_days=400',
      '--agent',
      'scripted',
      '--results-dir',
      out,
      '--quiet',
    ];
    execFileSync(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, LITELLM_PRICING_URL: 'http://127.0.0.1:9/' },
    });
  }, 300_000);
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  it('leaves every file of the contract', () => {
    for (const file of [
      'recommendations.md',
      'summary.md',
      'validation_report.json',
      'grade.json',
      'report.html',
      'events.jsonl',
      'data/metrics_by_span.csv',
      'data/metrics_by_span_3d.csv',
      'data/metrics_by_span_7d.csv',
      'data/metrics_by_model.csv',
      'data/cost_variance.json',
      'data/qualitative_samples.json',
      'data/model_pricing.json',
      'data/findings.json',
      'figures/cost_by_operation.svg',
      'figures/cost_variance.png',
      'figures/daily_cost_by_model.svg',
    ]) {
      expect(statSync(path.join(out, file)).size, file).toBeGreaterThan(0);
    }
  });

  it('agrees with an independent computation, row by row', () => {
    for (const [file, key, expected] of [
      ['data/metrics_by_span.csv', 'operation', byOperation],
      ['data/metrics_by_model.csv', 'model', byModel],
    ] as const) {
      const rows = csv(file);
      expect(rows.length).toBe(expected.size);
      for (const row of rows) {
        const sums = expected.get(row[key] ?? '');
        expect(Number(row.calls), row[key]).toBe(sums?.calls);
        expect(Number(row.total_tokens), row[key]).toBe(sums?.tokens);
        expect(Number(row.recorded_cost_usd), row[key]).toBeCloseTo(sums?.recorded ?? -1, 6);
        expect(Number(row.total_cost_usd)).toBeCloseTo(
          Number(row.recorded_cost_usd) + Number(row.backfilled_cost_usd),
          6,
        );
      }
    }
    for (const row of csv('data/metrics_by_span.csv')) {
      expect(Number(row.p95_latency_s)).toBeCloseTo(p95(byOperation.get(row.operation ?? '')?.latencies ?? []), 5);
    }
  });

  it('passes the public runbook’s own end check', () => {
    const report = readFileSync(path.join(out, 'recommendations.md'), 'utf8');
    for (const section of [
      'Executive Summary',
      'Cost Analysis',
      'Qualitative Findings',
      'Recommendations',
      'Implementation Roadmap',
    ])
      expect(report).toContain(section);
    expect(report.match(/^### (Priority|Recommendation)/gmu)?.length).toBeGreaterThanOrEqual(3);
    expect(report).toContain('```python');
  });

  it('stays within 25 queries and passes from outside', () => {
    expect((json('data/queries.json') as unknown[]).length).toBeLessThanOrEqual(25);
    expect(json('validation_report.json')).toMatchObject({
      overall_passed: true,
      results: { generations_analyzed: 15_417 },
    });
    expect(json('grade.json')).toMatchObject({ passed: true, claims: { failed: [] } });
  });

  it('cites only traces that exist', () => {
    const { findings } = json('data/findings.json') as { findings: { trace_ids: string[] }[] };
    const text = gunzipSync(readFileSync(FILE)).toString('latin1');
    const known = new Set([...text.matchAll(/"\$ai_trace_id":"([^"]+)"/gu)].map((match) => match[1]));
    for (const id of findings.flatMap((finding) => finding.trace_ids)) expect(known.has(id), id).toBe(true);
    expect(findings.length).toBeGreaterThan(3);
  });
});

describe.runIf(present)('a run on the newest 30 days, which hold one problem only', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'tau2-30d-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it('fills up with measured guard rails that claim nothing, and passes', () => {
    execFileSync(
      process.execPath,
      ['bin/runbook.js', 'run', '--source', FILE, '--agent', 'scripted', '--results-dir', dir, '--quiet'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, LITELLM_PRICING_URL: 'http://127.0.0.1:9/' },
      },
    );
    const read = (file: string) => JSON.parse(readFileSync(path.join(dir, file), 'utf8'));
    const list = read('data/recommendations.json').recommendations as { kind: string; savings: unknown }[];
    expect(list.map(({ kind }) => kind)).toEqual(['unpriced_model', 'guard', 'guard']);
    expect(list.map(({ savings }) => savings)).toEqual([null, null, null]);
    expect(read('grade.json')).toMatchObject({ passed: true, claims: { failed: [] } });
    expect(readFileSync(path.join(dir, 'recommendations.md'), 'utf8')).not.toMatch(/\| \| \| \|/u);
  }, 120_000);
});
