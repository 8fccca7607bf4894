// Benchmarks of the main job, in one process tree and one sitting: npm run bench
// Cold load, whole run, warm run, the run's share of bare engine time, peak memory, queries and bytes; start-up of --help beside bare node.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import path from 'node:path';

const DATA = '../shared/data';
const SETS = [
  { name: 'tau2 (15 k events with text)', file: `${DATA}/tau2.jsonl.gz`, args: ['-p', 'window_days=400'] },
  { name: 'servegen_scale (1.5 M events)', file: `${DATA}/servegen_scale.jsonl.gz`, args: [] },
];

const work = mkdtempSync(path.join(tmpdir(), 'bench-'));
const env = { ...process.env, XDG_CACHE_HOME: path.join(work, 'cache'), LITELLM_PRICING_URL: 'http://127.0.0.1:9/' };

/** Runs the command line, with its wall time (s) and peak memory (MB) as GNU time sees them. */
function measure(args) {
  const timed = existsSync('/usr/bin/time');
  const [command, ...rest] = [
    ...(timed ? ['/usr/bin/time', '-f', 'PEAK %M'] : []),
    process.execPath,
    'bin/runbook.js',
    ...args,
  ];
  const started = performance.now();
  const result = spawnSync(command, rest, { env, encoding: 'utf8' });
  const wall = (performance.now() - started) / 1000;
  const peak = Number(/PEAK (\d+)/u.exec(result.stderr)?.[1] ?? Number.NaN) / 1000;
  if (result.status !== 0 && result.status !== 1) process.stderr.write(result.stderr);
  return { wall, peak, status: result.status };
}

function events(dir) {
  return readFileSync(path.join(dir, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function startUp() {
  const time = (args) => {
    const started = performance.now();
    spawnSync(process.execPath, args, { env });
    return performance.now() - started;
  };
  const rounds = Array.from({ length: 15 }, () => [time(['-e', '0']), time(['bin/runbook.js', '--help'])]);
  return { bare: median(rounds.map(([bare]) => bare)), help: median(rounds.map(([, help]) => help)) };
}

const rows = [];
for (const set of SETS) {
  if (!existsSync(set.file)) {
    process.stderr.write(`LOUD: ${set.file} is missing; not measured\n`);
    continue;
  }
  const out = path.join(work, 'out');
  const args = ['run', '--source', set.file, ...set.args, '--results-dir', out, '--overwrite', '--quiet'];
  const cold = measure(args);
  const opened = events(out).find((event) => event.type === 'source_opened');
  const generations = JSON.parse(readFileSync(path.join(out, 'data/project.json'), 'utf8')).generations;
  const warm = measure(args);
  const queries = JSON.parse(readFileSync(path.join(out, 'data/queries.json'), 'utf8'));
  const engine = queries.reduce((sum, query) => sum + query.elapsed_s, 0);
  rows.push({
    'data set': set.name,
    events: generations,
    'load s': opened.elapsed_s.toFixed(1),
    'events/s': Math.round(generations / opened.elapsed_s),
    'cold run s': cold.wall.toFixed(1),
    'warm run s': warm.wall.toFixed(1),
    'engine s': engine.toFixed(1),
    'run / engine': (warm.wall / engine).toFixed(2),
    'peak MB cold': Math.round(cold.peak),
    'peak MB warm': Math.round(warm.peak),
    queries: queries.length,
    'kB fetched': Math.round(queries.reduce((sum, query) => sum + query.response_bytes, 0) / 1000),
    exit: `${cold.status}, ${warm.status}`,
  });
}
const { bare, help } = startUp();

const columns = Object.keys(rows[0] ?? {});
const lines = columns.map((column) => `| ${column} | ${rows.map((row) => row[column]).join(' | ')} |`);
process.stdout.write(
  [
    `Machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 1e9)} GB, Node ${process.version}`,
    '',
    `| | ${rows.map((_row, index) => String.fromCharCode(65 + index)).join(' | ')} |`,
    `|---|${rows.map(() => '---:|').join('')}`,
    ...lines,
    '',
    `runbook --help: ${help.toFixed(0)} ms; bare node -e 0: ${bare.toFixed(0)} ms; bound 1.5 × bare + 100 ms = ${(1.5 * bare + 100).toFixed(0)} ms (medians of 15)`,
    '',
  ].join('\n'),
);
rmSync(work, { recursive: true, force: true });
