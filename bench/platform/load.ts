/**
 * Many runs at once on one server: how long they take, what a waiting run costs in memory, how soon a page shows an event, how quick the API
 * answers meanwhile. `npm run bench:load`; BENCH_RUNS sets how many, BENCH_MODES which drivers (scripted,claude).
 */
import { fork } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { Followers } from './follower.ts';
import { Probe, percentile } from './probe.ts';
import { COLLECTION, ProductServer, residentMb, until } from './product-server.ts';

type Mode = 'scripted' | 'claude';

const RUNS = Number(process.env.BENCH_RUNS ?? 200);
const MODES = (process.env.BENCH_MODES ?? 'scripted,claude').split(',') as Mode[];
const WORKERS = 2;
/** Runs that pages look at. */
const FOLLOWED = 20;
const MODEL_LATENCY_MS = 2_000;
/** All runs wait for so long before their memory is read. */
const SETTLE_MS = 5_000;
const TASK = 'optimizer';
const WARM_RUNS = 4;
const DRIVER: Record<Mode, { initParams: object; atOnce: number }> = {
  // As it comes: the rest waits in the queue.
  scripted: { initParams: { driver: 'scripted' }, atOnce: 20 },
  // All of them wait for the model.
  claude: { initParams: { driver: 'claude' }, atOnce: RUNS },
};

interface Result {
  mode: Mode;
  seconds: number;
  states: Record<string, number>;
  /** Most runs that went on at one time. */
  open: number;
  /** Memory of the workers beyond what a finished run leaves in each, MB: while all runs wait for the model, and at most. */
  grown: { waiting: number | undefined; most: number };
  server: { before: number; most: number };
  pageMs: number[];
  apiMs: number[];
  faulty: number;
}

const model = await startModel();
try {
  const results: Result[] = [];
  for (const mode of MODES) {
    const work = mkdtempSync(path.join(tmpdir(), 'bench-load-'));
    chmodSync(work, 0o755); // PostgreSQL's user walks through it
    try {
      results.push(await measure(mode, work));
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  report(results);
} finally {
  model.end();
}

/** A "model" that can hold back its answers until all runs wait for one. */
interface Model {
  url: string;
  /** @returns when so many runs wait */
  hold(runs: number): Promise<void>;
  release(): void;
  end(): void;
}

async function startModel(): Promise<Model> {
  const child = fork(path.join(import.meta.dirname, 'model.js'), [String(MODEL_LATENCY_MS)], { silent: true });
  child.stderr?.pipe(process.stderr);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (data) => resolve(String(data).trim()));
    child.once('error', reject);
  });
  return {
    url,
    hold(runs) {
      const held = new Promise<void>((resolve) => child.once('message', () => resolve()));
      child.send(runs);
      return held;
    },
    release: () => child.send(0),
    end: () => child.disconnect(),
  };
}

async function measure(mode: Mode, work: string): Promise<Result> {
  const { initParams, atOnce } = DRIVER[mode];
  const dataDir = path.join(work, 'data');
  const args = ['--workers', String(WORKERS), '--collection-concurrency', String(atOnce * WORKERS)];
  const server = new ProductServer({
    dataDir,
    args: [...args, '--worker-concurrency', String(Math.ceil(atOnce / (mode === 'claude' ? WORKERS : 1)))],
    env: { ANTHROPIC_BASE_URL: model.url, XDG_CACHE_HOME: path.join(work, 'cache') },
  });
  await server.start();
  try {
    const environment = { environment_variables: { ANTHROPIC_API_KEY: 'sk-ant-of-the-bench' } };
    await server.must('PATCH', `/api/v1/collections/${COLLECTION}/environment`, environment);
    await server.makeTask(TASK, initParams);
    await warmUp(server);
    return await underLoad(mode, server, path.join(dataDir, 'runs'));
  } finally {
    await server.end('SIGTERM');
  }
}

/** A worker has performed some runs, so that what is measured is no loading of modules. */
async function warmUp(server: ProductServer): Promise<void> {
  for (let made = 0; made < WARM_RUNS; made += 1) await server.begin(TASK);
  await until(async () => (await statesOf(server)).completed === WARM_RUNS);
}

async function underLoad(mode: Mode, server: ProductServer, runsDir: string): Promise<Result> {
  const memory = () => server.workers().reduce((sum, pid) => sum + residentMb(pid), 0);
  const warm = WORKERS * Math.max(...server.workers().map(residentMb));
  const before = { server: residentMb(server.pid), states: await statesOf(server) };
  let waiting: number | undefined;
  if (mode === 'claude')
    void model.hold(RUNS).then(async () => {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      waiting = memory() - warm;
      model.release();
    });
  const started = performance.now();
  const trajectories = await Promise.all(Array.from({ length: RUNS }, () => server.begin(TASK)));
  const spread = trajectories.filter((_id, index) => index % Math.ceil(RUNS / FOLLOWED) === 0);
  const followers = await Followers.of(server, TASK, spread);
  const probe = new Probe(server, TASK, trajectories);
  const seen: { open: number; workers: number; server: number }[] = [];
  let states: Record<string, number> = {};
  await until(async () => {
    states = await statesOf(server);
    const memories = { workers: memory(), server: residentMb(server.pid) };
    seen.push({ open: states.running ?? 0, ...memories });
    progress(mode, states, memories);
    return (states.running ?? 0) + (states.pending ?? 0) === 0;
  }, 500);
  const seconds = (performance.now() - started) / 1000;
  await probe.stop();
  await followers.end({ atOnce: false });
  const open = Math.max(...seen.map((one) => one.open));
  const folder = await runsFolder(server, runsDir);
  await tellFailures(server);
  return {
    mode,
    seconds,
    states: difference(states, before.states),
    open,
    grown: { waiting, most: Math.max(...seen.map((one) => one.workers)) - warm },
    server: { before: before.server, most: Math.max(...seen.map((one) => one.server)) },
    pageMs: followers.latencies((trajectory) => path.join(folder, trajectory, 'events.jsonl')),
    apiMs: probe.answers.map(({ ms }) => ms),
    faulty: probe.unanswered + probe.answers.filter(({ status, isJson }) => status !== 200 || !isJson).length,
  };
}

async function statesOf(server: ProductServer): Promise<Record<string, number>> {
  const stats = (await server.must('GET', `/api/v1/db/stats/${COLLECTION}/${TASK}`)) as {
    by_status: Record<string, number>;
  };
  return stats.by_status;
}

function difference(now: Record<string, number>, before: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(now).map(([state, count]) => [state, count - (before[state] ?? 0)]));
}

/** Why runs failed, each reason once. */
async function tellFailures(server: ProductServer): Promise<void> {
  const page = (await server.must('GET', `/api/v1/db/trajectories/${COLLECTION}/${TASK}?limit=100`)) as {
    trajectories: { status: string; error: string | null }[];
  };
  const errors = page.trajectories.filter(({ status }) => status === 'failed').map(({ error }) => error);
  for (const error of new Set(errors)) process.stderr.write(`failed: ${String(error)}\n`);
}

/** Where the results of the collection's runs lie. */
async function runsFolder(server: ProductServer, runsDir: string): Promise<string> {
  const { id } = (await server.must('GET', `/api/v1/collections/${COLLECTION}`)) as { id: string };
  return path.join(runsDir, id);
}

function progress(mode: Mode, states: Record<string, number>, memories: { workers: number; server: number }): void {
  if (!process.stderr.isTTY && process.env.BENCH_VERBOSE !== '1') return;
  process.stderr.write(`${mode} ${JSON.stringify(states)} ${JSON.stringify(memories)}\n`);
}

function report(results: readonly Result[]): void {
  print(`\n${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, ${WORKERS} workers, ${RUNS} runs each\n`);
  const heads = ['agent', 'runs', 'ended', 'took, s', 'at once', 'MB per waiting run', 'MB per run at most'];
  print(
    `| ${[...heads, 'server, MB', 'event to page, p50 / p95 ms', 'API, p50 / p99 ms', 'requests', 'faulty'].join(' | ')} |`,
  );
  print(`|---|${'---:|'.repeat(11)}`);
  for (const { mode, seconds, states, open, grown, server, pageMs, apiMs, faulty } of results) {
    const ended = Object.entries(states).filter(([, count]) => count > 0);
    const cells = [
      mode,
      RUNS,
      ended.map(([state, count]) => `${count} ${state}`).join(', '),
      seconds.toFixed(0),
      open,
      grown.waiting === undefined ? '–' : (grown.waiting / RUNS).toFixed(1),
      (grown.most / open).toFixed(1),
      `${server.before.toFixed(0)} → ${server.most.toFixed(0)}`,
      `${percentile(pageMs, 0.5).toFixed(0)} / ${percentile(pageMs, 0.95).toFixed(0)} (${pageMs.length} events)`,
      `${percentile(apiMs, 0.5).toFixed(0)} / ${percentile(apiMs, 0.99).toFixed(0)}`,
      apiMs.length,
      faulty,
    ];
    print(`| ${cells.join(' | ')} |`);
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
