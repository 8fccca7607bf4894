// How many single faults in good reports the grader notices, and how often it cries wolf: npm run bench:grader
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { withComputed } from '../../agent/computed.ts';
import { type Grade, gradeResults } from '../../rubric/grade.ts';
import { Random } from '../../tests/worlds/random.ts';
import { generateWorld, writeWorld } from '../../tests/worlds/world.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import { DRAWN } from './drawn.ts';
import type { Fault } from './fault.ts';
import { FIGURES } from './figures.ts';
import { FILES } from './files.ts';
import { STRUCTURE } from './parts.ts';

const SEEDS = (process.env.BENCH_SEEDS ?? '1201,1202,1203,1204,1205').split(',').map(Number);
/** Places tried of each kind in each report. */
const TRIES = Number(process.env.BENCH_TRIES ?? 3);
/** Grades of the untouched reports. */
const known = new Map<string, Promise<Grade>>();
const FAULTS: readonly Fault[] = [...FIGURES, ...DRAWN, ...STRUCTURE, ...FILES];

const work = mkdtempSync(path.join(tmpdir(), 'bench-grader-'));
try {
  const reports = [await report('sample', 'sample'), ...(await Promise.all(SEEDS.map(world)).then((all) => all))];
  await falseAlarms(reports);
  await table(reports);
} finally {
  rmSync(work, { recursive: true, force: true });
}

async function world(seed: number): Promise<string> {
  const file = path.join(work, `${seed}.jsonl`);
  await writeWorld(generateWorld({ seed, content: true }), file);
  return report(String(seed), file);
}

/** Runs the built product. */
async function report(name: string, source: string): Promise<string> {
  const out = path.join(work, 'good', name);
  const args = ['bin/runbook.js', 'run', '--source', source, '--agent', 'scripted', '--results-dir', out, '--quiet'];
  const env = { ...process.env, LITELLM_PRICING_URL: 'http://127.0.0.1:9/', XDG_CACHE_HOME: path.join(work, 'cache') };
  // A report that does not pass for its own reasons (nothing abnormal to read) is a report all the same.
  await promisify(execFile)(process.execPath, args, { env }).catch(() => undefined);
  return out;
}

function grade(dir: string): Promise<Grade> {
  return gradeResults(dir, withComputed(ResultsDir.open(dir), {}));
}

async function falseAlarms(reports: readonly string[]): Promise<void> {
  process.stdout.write(`Machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}\n\n`);
  process.stdout.write(
    '| untouched report | passed | average | claims | that do not hold | failed gates |\n|---|---|---:|---:|---:|---:|\n',
  );
  for (const dir of reports) {
    const { passed, average, claims, gates } = await grade(dir);
    const alarms = gates.filter((gate) => !gate.passed).length;
    process.stdout.write(
      `| ${path.basename(dir)} | ${passed} | ${average} | ${claims.checked} | ${claims.failed.length} | ${alarms} |\n`,
    );
  }
}

async function table(reports: readonly string[]): Promise<void> {
  process.stdout.write('\n| kind of fault | tried | noticed | accepted |\n|---|---:|---:|---:|\n');
  let [tried, noticed] = [0, 0];
  const missed: string[] = [];
  for (const fault of FAULTS) {
    const outcomes = [];
    const tries = TRIES * (fault.tries ?? 1);
    for (const dir of reports) for (let n = 0; n < tries; n += 1) outcomes.push(await attempt(fault, dir, n));
    const applied = outcomes.filter((outcome) => outcome !== 'no place');
    const seen = applied.filter((outcome) => outcome === 'noticed').length;
    process.stdout.write(`| ${fault.kind} | ${applied.length} | ${seen} | ${applied.length - seen} |\n`);
    if (applied.length > seen) missed.push(fault.kind);
    [tried, noticed] = [tried + applied.length, noticed + seen];
  }
  const share = ((100 * noticed) / tried).toFixed(2);
  process.stdout.write(
    `| **${FAULTS.length} kinds** | **${tried}** | **${noticed} (${share}%)** | **${tried - noticed}** |\n`,
  );
  if (missed.length > 0) process.stdout.write(`\nNot always noticed: ${missed.join('; ')}\n`);
}

/** A fault is noticed when the report does not pass and the grade names what is wrong: a claim or a gate. */
async function attempt(fault: Fault, good: string, n: number): Promise<'noticed' | 'missed' | 'no place'> {
  const dir = path.join(work, 'bad');
  rmSync(dir, { recursive: true, force: true });
  cpSync(good, dir, { recursive: true });
  if (!fault.apply(dir, new Random(`${fault.kind} ${path.basename(good)} ${n}`))) return 'no place';
  const before = await gradeOf(good);
  const after = await grade(dir);
  return !after.passed && fails(after) > fails(before) ? 'noticed' : 'missed';
}

function gradeOf(dir: string): Promise<Grade> {
  const made = known.get(dir) ?? grade(dir);
  known.set(dir, made);
  return made;
}

/** What a grade objects to. */
function fails({ claims, gates, criteria }: Grade): number {
  const below = criteria.reduce((sum, { score }) => sum + (5 - (score ?? 0)), 0);
  return claims.failed.length + gates.filter((gate) => !gate.passed).length + below;
}
