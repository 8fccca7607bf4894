/**
 * How long a replay takes beside the run that it repeats, in one sitting: `npm run bench:replay`.
 * Each agent runs on tau2 twice, with an empty cache and with its events cached; the second run is replayed three times.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { diligent, startMessages } from '../tests/servers/messages.ts';
import { type Mode, Processes } from './processes.ts';

const DATA = '../shared/data/tau2.jsonl.gz';
const REPLAYS = 3;

if (!existsSync(DATA)) {
  process.stderr.write(`NOT MEASURED: ${DATA} is missing, which has the events.\n`);
  process.exit(1);
}
const root = mkdtempSync(path.join(tmpdir(), 'bench-replay-'));
const server = await startMessages(diligent);
try {
  process.stdout.write(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}\n\n`);
  process.stdout.write(
    '| agent | run, events loaded, s | run, events cached, s | replay, s | of the first | of the second |\n',
  );
  process.stdout.write('|---|---:|---:|---:|---:|---:|\n');
  for (const mode of ['scripted', 'claude'] as const) process.stdout.write(`${await rowOf(mode)}\n`);
} finally {
  await server.close();
  rmSync(root, { recursive: true, force: true });
}

async function rowOf(mode: Mode): Promise<string> {
  const work = path.join(root, mode);
  const source = ['--source', DATA, '--param', 'window_days=400'];
  const processes = new Processes({ work, modelUrl: server.url, source });
  const loaded = await seconds(() => processes.run(mode, path.join(work, 'loaded')));
  const recorded = path.join(work, 'cached');
  const cached = await seconds(() => processes.run(mode, recorded));
  const replays: number[] = [];
  for (let made = 0; made < REPLAYS; made += 1) replays.push(await seconds(() => processes.replay(recorded)));
  const replay = replays.sort((a, b) => a - b)[Math.floor(REPLAYS / 2)] ?? Number.NaN;
  const share = (of: number) => `${((100 * replay) / of).toFixed(0)} %`;
  const cells = [loaded.toFixed(1), cached.toFixed(1), replay.toFixed(1), share(loaded), share(cached)];
  return `| ${mode} | ${cells.join(' | ')} |`;
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
