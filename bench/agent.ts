// What the agent sends and how long its loop takes between requests, beside the same work in one context: npm run bench:agent
// No model is asked: a Messages API on the loopback makes the runbook's own calls and counts four characters as a token.
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import type Anthropic from '@anthropic-ai/sdk';
import { agentModel } from '../agent/drivers/claude/models.ts';
import type { RunEvent } from '../agent/events.ts';
import { callCost } from '../analysis/pricing/cost.ts';
import { diligent } from '../tests/servers/messages.ts';
import { type Gap, gapsOf, isAgent, quantile } from './overhead.ts';
import { runProduct, stepwise } from './product-run.ts';
import { converse, publicRun } from './public-way.ts';

/** What one tool call may show in Claude Code, in characters: its shell cuts there. */
const SHELL_LIMIT = 30_000;
/** Runs whose gaps are measured. */
const RUNS = 5;

interface Sum {
  name: string;
  requests: number;
  total: number;
  cached: number;
  uncached: number;
  output: number;
  costUsd: number;
}

const work = mkdtempSync(path.join(tmpdir(), 'bench-agent-'));
const cache = path.join(work, 'cache');
const out = (name: string) => path.join(work, name);
try {
  await runProduct(out('warm'), cache, null);
  const batched = await runProduct(out('batched'), cache, diligent);
  const single = await runProduct(out('single'), cache, stepwise);
  const [frame] = batched.bodies;
  if (!frame) throw new Error('the run made no request');
  const { runbook, calls } = publicRun(batched);
  const price = (await agentModel(frame.model, 'anthropic')).price;
  const sumOf = (name: string, usage: readonly Usage[]): Sum => summed(name, usage, price);
  const ours = [
    sumOf("a step's calls in one turn", usageOf(batched.events)),
    sumOf('one call a turn', usageOf(single.events)),
  ];
  const baselines: Sum[] = [];
  for (const most of [Number.POSITIVE_INFINITY, SHELL_LIMIT])
    for (const cached of [false, true]) {
      const name = `${most === SHELL_LIMIT ? 'results cut at 30,000 characters' : 'whole results'}, ${cached ? 'cached' : 'no caching'}`;
      baselines.push(sumOf(name, await converse(frame, runbook, { calls, most, cached })));
    }
  const gaps = { single: [] as Gap[], batched: [] as Gap[] };
  for (let round = 0; round < RUNS; round += 1) {
    gaps.single.push(...gapsOf(await runProduct(out('gaps'), cache, stepwise)));
    gaps.batched.push(...gapsOf(await runProduct(out('gaps'), cache, diligent)));
  }
  process.stdout.write([machine(), '', ...tokenTable(ours, baselines), '', ...gapTable(gaps), ''].join('\n'));
} finally {
  rmSync(work, { recursive: true, force: true });
}

type Usage = Pick<
  Anthropic.Usage,
  'input_tokens' | 'cache_creation_input_tokens' | 'cache_read_input_tokens' | 'output_tokens'
>;

/** As the product logs it, without the judge's votes: the public runbook grades itself in the same context. */
function usageOf(events: readonly RunEvent[]): Usage[] {
  return events.filter(isAgent).map(({ properties }) => ({
    input_tokens: properties.$ai_input_tokens,
    cache_creation_input_tokens: properties.$ai_cache_creation_input_tokens,
    cache_read_input_tokens: properties.$ai_cache_read_input_tokens,
    output_tokens: properties.$ai_output_tokens,
  }));
}

function summed(name: string, usage: readonly Usage[], price: Parameters<typeof callCost>[1]): Sum {
  const sum = { name, requests: usage.length, total: 0, cached: 0, uncached: 0, output: 0, costUsd: 0 };
  for (const { input_tokens, cache_creation_input_tokens, cache_read_input_tokens, output_tokens } of usage) {
    const [written, read] = [cache_creation_input_tokens ?? 0, cache_read_input_tokens ?? 0];
    sum.cached += read;
    sum.uncached += input_tokens + written;
    sum.total += input_tokens + written + read;
    sum.output += output_tokens;
    const tokens = { inputTokens: input_tokens, outputTokens: output_tokens, exclusive: true };
    sum.costUsd += callCost({ ...tokens, cacheRead: read, cacheWrite5m: written, cacheWrite1h: 0 }, price);
  }
  return sum;
}

function machine(): string {
  return `Machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 1e9)} GB, Node ${process.version}`;
}

function tokenTable(ours: readonly Sum[], baselines: readonly Sum[]): string[] {
  const count = (value: number) => Math.round(value).toLocaleString('en-US');
  const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)}%`;
  const row = (who: string, sum: Sum) => [
    `${who}: ${sum.name}`,
    count(sum.requests),
    count(sum.total),
    `${count(sum.cached)} (${share(sum.cached, sum.total)})`,
    count(sum.uncached),
    count(sum.output),
    `$${sum.costUsd.toFixed(2)}`,
    ...ours.map((own) => (who === 'one context' ? share(own.uncached, sum.uncached) : '')),
  ];
  const ratios = ours.map(({ name }) => `uncached of this product (${name}) / row`);
  const head = ['run', 'requests', 'tokens in', 'cached', 'uncached', 'tokens out', 'cost', ...ratios];
  const rows = [...ours.map((sum) => row('this product', sum)), ...baselines.map((sum) => row('one context', sum))];
  return [head, ['---', ...head.slice(1).map(() => '---:')], ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

function gapTable({ single, batched }: Readonly<Record<'single' | 'batched', readonly Gap[]>>): string[] {
  const line = (name: string, chosen: readonly Gap[]) => {
    const ms = chosen.map((gap) => gap.ms);
    return `| ${name} | ${ms.length} | ${quantile(ms, 0.5).toFixed(1)} | ${quantile(ms, 0.95).toFixed(1)} |`;
  };
  const only = (kind: Gap['kind']) => [...single, ...batched].filter((gap) => gap.kind === kind);
  return [
    '| overhead between requests, without tool time | n | median ms | p95 ms |',
    '|---|---:|---:|---:|',
    line('every turn, one call a turn', single),
    line("every turn, a step's calls in one turn", batched),
    line('after tool calls, both', only('tools')),
    line('from one step to the next, both', only('step change')),
  ];
}
