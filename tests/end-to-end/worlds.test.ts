import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import type { Finding } from '../../analysis/findings.ts';
import { scoreFindings } from '../worlds/score.ts';
import { generateWorld, writeWorld } from '../worlds/world.ts';

const SEEDS = [901, 902, 903, 904];
const work = mkdtempSync(path.join(tmpdir(), 'worlds-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const FAILURES = ['rate_limited', 'timeouts', 'server_errors'];
interface Plan {
  kind: string;
  baseline: number | null;
  frequency: { seen: number; of: number };
}

/** One run over a generated project. The findings must name what was planted, by the traces that show it, and nothing else. */
async function score(seed: number) {
  const world = generateWorld({ seed });
  const [file, out] = [path.join(work, `${seed}.jsonl`), path.join(work, String(seed))];
  await writeWorld(world, file);
  const args = ['bin/runbook.js', 'run', '--source', file, '--results-dir', out, '--quiet'];
  await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, LITELLM_PRICING_URL: 'http://127.0.0.1:9/', XDG_CACHE_HOME: path.join(work, 'cache') },
  });
  const { findings } = JSON.parse(readFileSync(path.join(out, 'data/findings.json'), 'utf8')) as {
    findings: Finding[];
  };
  const plans = JSON.parse(readFileSync(path.join(out, 'data/recommendations.json'), 'utf8')) as {
    recommendations: Plan[];
  };
  const failing = plans.recommendations.filter(({ kind }) => FAILURES.includes(kind));
  return { planted: world.planted.length, failing, ...scoreFindings(findings, world) };
}

it('finds nine in ten of the planted problems in projects it never saw, and accuses no sound operation', async () => {
  const scores = [];
  for (const seed of SEEDS) scores.push(await score(seed));
  expect(scores.flatMap((s) => s.false)).toEqual([]);
  const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
  const planted = sum(scores.map((s) => s.planted));
  expect(planted).toBeGreaterThanOrEqual(16);
  expect(sum(scores.map((s) => s.found.length)) / planted).toBeGreaterThanOrEqual(0.9);
  // A plan measures what its finding counted, whether a failure says so by its status, its text or its length.
  const failing = scores.flatMap((s) => s.failing);
  expect(failing.length).toBeGreaterThan(0);
  for (const { baseline, frequency } of failing) expect(baseline).toBeCloseTo(frequency.seen / frequency.of, 9);
}, 180_000);
