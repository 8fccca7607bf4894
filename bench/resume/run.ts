/**
 * Kills runs at random moments with SIGKILL, resumes each until it is finished, and compares what it leaves with an uninterrupted run.
 * `npm run bench:resume`; BENCH_KILLS and BENCH_SEED set how many moments, and which.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { diligent, startMessages } from '../../tests/servers/messages.ts';
import { type Mode, Processes } from '../processes.ts';
import { seeded } from '../seeded.ts';
import { checkRun, leftBy, type Verdict } from './check.ts';

const KILLS = Number(process.env.BENCH_KILLS ?? 100);
const SEED = Number(process.env.BENCH_SEED ?? 1);

interface Result extends Verdict {
  mode: Mode;
  kills: number;
}

const work = mkdtempSync(path.join(tmpdir(), 'bench-resume-'));
const server = await startMessages(diligent);
try {
  const processes = new Processes({ work, modelUrl: server.url, source: ['--source', 'sample'] });
  const results: Result[] = [];
  for (const mode of ['scripted', 'claude'] as const) results.push(...(await ofMode(mode, processes)));
  report(results);
  process.exitCode = results.every((result) => result.faults.length === 0) ? 0 : 1;
} finally {
  await server.close();
  rmSync(work, { recursive: true, force: true });
}

/** Half of the moments each; every third run is killed a second time while it is resumed. */
async function ofMode(mode: Mode, processes: Processes): Promise<Result[]> {
  const random = seeded(SEED + mode.length);
  const whole = path.join(work, `${mode}-whole`);
  await processes.run(mode, whole);
  const started = performance.now();
  await processes.run(mode, path.join(work, `${mode}-timed`));
  const lengthMs = performance.now() - started;
  const expected = leftBy(whole);
  const results: Result[] = [];
  for (let made = 0; made < KILLS / 2; ) {
    const dir = path.join(work, `${mode}-${results.length}`);
    let kills = 0;
    if (await processes.runKilled(mode, dir, random() * lengthMs)) kills += 1;
    if (kills > 0 && results.length % 3 === 0 && (await processes.resumeKilled(dir, random() * lengthMs))) kills += 1;
    // Killed before it had a log: nothing was begun, and it is run anew.
    await processes.finish(mode, dir);
    made += kills;
    const verdict = checkRun(dir, expected);
    results.push({ mode, kills, ...verdict });
    for (const fault of verdict.faults) print(`${mode} ${results.length}: ${fault}`);
    rmSync(dir, { recursive: true, force: true });
  }
  return results;
}

function report(results: readonly Result[]): void {
  print(`\n${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, seed ${SEED}\n`);
  print('| agent | runs | killed | torn lines mended | ends as the whole run | step ended twice | gap or torn event |');
  print('|---|---:|---:|---:|---:|---:|---:|');
  for (const mode of ['scripted', 'claude']) {
    const own = results.filter((result) => result.mode === mode);
    const sum = (of: (result: Result) => number) => own.reduce((total, result) => total + of(result), 0);
    const cells = [
      own.length,
      sum(({ kills }) => kills),
      sum(({ torn }) => torn),
      `${own.filter(({ differs }) => differs.length === 0).length} of ${own.length}`,
      sum(({ twice }) => twice),
      sum(({ gaps }) => gaps),
    ];
    print(`| ${mode} | ${cells.join(' | ')} |`);
  }
  const steps = new Map<number, number>();
  for (const { after } of results) for (const step of after) steps.set(step, (steps.get(step) ?? 0) + 1);
  const spread = [...steps].sort(([a], [b]) => a - b).map(([step, times]) => `${step}: ${times}`);
  print(`\nResumed behind step ${spread.join(', ')}.`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
