import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../analysis/findings.ts';
import { serveSource } from '../../sources/http/server.ts';
import { LocalSource } from '../../sources/local/local-source.ts';
import { sampleEvents } from '../../sources/sample/events.ts';
import { writeSampleFile } from '../../sources/sample/file.ts';
import { OPERATIONS } from '../../sources/sample/operations.ts';

const run = promisify(execFile);
const work = mkdtempSync(path.join(tmpdir(), 'sample-'));
const local = path.join(work, 'local');
const live = path.join(work, 'live');
const read = (dir: string, file: string) => readFileSync(path.join(dir, file), 'utf8');

async function runbook(dir: string, args: string[], env: Record<string, string> = {}): Promise<void> {
  await run(process.execPath, ['bin/runbook.js', 'run', ...args, '--results-dir', dir, '--quiet'], {
    env: { ...process.env, LITELLM_PRICING_URL: 'http://127.0.0.1:9/', ...env },
  });
}

beforeAll(async () => {
  await runbook(local, ['--source', 'sample']);
  const source = new LocalSource({ paths: [await writeSampleFile(work)] });
  await source.open();
  const server = await serveSource(source, { port: 0, projectId: '42', apiKey: 'phx_for_this_test' });
  try {
    await runbook(live, ['--source', 'posthog', '--as-of', source.now().toISOString()], {
      POSTHOG_HOST: server.url,
      POSTHOG_PROJECT_ID: '42',
      POSTHOG_API_KEY: 'phx_for_this_test',
    });
  } finally {
    await server.close();
    await source.close();
  }
}, 180_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('the sample', () => {
  it('is the same every time', () => {
    expect(JSON.stringify(sampleEvents().slice(0, 200))).toBe(JSON.stringify(sampleEvents().slice(0, 200)));
  });

  it('shows each planted problem in its operation, and nothing in the sound ones', () => {
    const { findings } = JSON.parse(read(local, 'data/findings.json')) as { findings: Finding[] };
    const found = findings.map((finding) => `${finding.kind} in ${finding.operation}`).sort();
    const planted = OPERATIONS.flatMap(({ problem, name }) => (problem ? [`${problem} in ${name}`] : [])).sort();
    expect(found).toEqual(planted);
  });

  it('claims no saving beyond what an operation costs', () => {
    const { findings } = JSON.parse(read(local, 'data/findings.json')) as { findings: Finding[] };
    const { observed_days } = JSON.parse(read(local, 'data/project.json')) as { observed_days: number };
    for (const finding of findings) {
      const monthly = (Number(finding.metrics.operation_cost_usd) * 30) / observed_days;
      expect(finding.monthly_savings_usd?.high ?? 0, finding.id).toBeLessThanOrEqual(monthly + 1e-6);
    }
  });
});

describe('a run over PostHog’s HTTP API', () => {
  it('finds what the local run on the same events found', () => {
    for (const file of [
      'data/findings.json',
      'data/metrics_by_span.csv',
      'data/metrics_by_model.csv',
      'data/cost_variance.json',
      'data/qualitative_samples.json',
    ]) {
      expect(read(live, file), file).toBe(read(local, file));
    }
  });

  it('leaves no trace of the key', () => {
    for (const file of [
      'events.jsonl',
      'recommendations.md',
      'data/queries.json',
      'validation_report.json',
      'report.html',
    ]) {
      expect(read(live, file)).not.toContain('phx_for_this_test');
    }
  });
});
