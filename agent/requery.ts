import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { RunbookError } from '../lib/errors.ts';
import type { Gate } from '../rubric/gates.ts';
import type { Source } from '../sources/source.ts';
import { PRICE_MAP } from '../tools/query-rows.ts';
import { ResultsDir } from '../tools/results-dir.ts';
import { COMPARED, differences } from './compare-files.ts';
import { scriptedDriver } from './drivers/scripted.ts';
import { namedTraces } from './named-traces.ts';
import { type Parameters, resolveParameters } from './parameters.ts';
import { UNRECORDED } from './record/recorder.ts';
import { QueryRecorder } from './recorded-source.ts';
import { EVENTS } from './results.ts';
import type { Runbook } from './runbook/manifest.ts';
import { Scrubber } from './secrets.ts';
import { StepRunner } from './step-runner.ts';
import { writeRule } from './write-rules.ts';

/** Trace ids in one query, and such queries at most. */
const BATCH = 1000;
const MAX_BATCHES = 20;
/** Differences that the gate names; the rest are counted. */
const SHOWN = 8;

export interface RequeryOptions {
  runbook: Runbook;
  results: ResultsDir;
  /** @param asOf what now() meant in the run */
  source(asOf: Date): Promise<Source>;
  /** `name → text`, in the place of what the run used. */
  parameters: Readonly<Record<string, string>>;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/**
 * Asks the source again for what a results dir says it read: the reference calls of the steps that count the traffic are made anew, with the
 * run's window, parameters and prices, and their files compared cell by cell; then the source is asked for every trace id that a data file
 * names. At most the queries of those steps and twenty more.
 * @returns a gate `source`, failed with the first differences
 * @throws RunbookError `usage` where nothing says what the run's window was, and what the source throws where it cannot be asked
 */
export async function requery(options: RequeryOptions): Promise<Gate> {
  const { results, runbook, signal } = options;
  const asked = askedOf(results);
  const params = resolveParameters(runbook.manifest, { ...known(runbook, asked.params), ...options.parameters });
  const source = await options.source(asked.window.to);
  try {
    await source.open(signal);
    const queries = new QueryRecorder(source, () => undefined);
    const read = { ...options, params, window: asked.window, queries };
    const found = [...(await changedFiles(read, source.kind !== 'posthog')), ...(await unknownTraces(read))];
    return gateOf(found, queries.records.length, source.label);
  } finally {
    await source.close();
  }
}

function gateOf(found: readonly string[], queries: number, label: string): Gate {
  const named = { name: 'source', title: 'The source still says what the data files say' };
  if (found.length === 0) return { ...named, passed: true, detail: `ok (${queries} queries to ${label})` };
  const more = found.length > SHOWN ? [`and ${found.length - SHOWN} more`] : [];
  return { ...named, passed: false, detail: [...found.slice(0, SHOWN), ...more].join('\n') };
}

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const windowOf = z.object({ window: z.object({ from: instant, to: instant }) });
const startOf = z.object({ params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])) });

/** The window and the parameters of the run, as its log and its files have them. */
function askedOf(results: ResultsDir): { window: { from: Date; to: Date }; params: Parameters } {
  const project = results.exists('data/project.json') ? readJson(results, 'data/project.json') : undefined;
  const window =
    windowOf.safeParse(project).data?.window ?? windowOf.safeParse(event(results, 'source_opened')).data?.window;
  if (!window)
    throw new RunbookError('usage', 'Neither data/project.json nor events.jsonl says which window was analysed.', {
      at: '--source',
      hint: 'Grade without --source, or give the folder that a run wrote.',
    });
  return { window, params: startOf.safeParse(event(results, 'run_started')).data?.params ?? {} };
}

function readJson(results: ResultsDir, file: string): unknown {
  try {
    return results.readJson(file);
  } catch {
    return undefined;
  }
}

function event(results: ResultsDir, type: string): unknown {
  const lines = results.exists(EVENTS) ? results.readText(EVENTS).split('\n') : [];
  const line = lines.find((each) => each.includes(`"type":"${type}"`));
  try {
    return JSON.parse(line ?? 'null');
  } catch {
    return undefined;
  }
}

/** A log of another version may hold parameters that there are no more. */
function known({ manifest }: Runbook, params: Parameters): Record<string, string> {
  const texts = Object.entries(params).map(([name, value]) => [name, String(value)] as const);
  return Object.fromEntries(texts.filter(([name]) => Object.hasOwn(manifest.parameters, name)));
}

interface Reading extends RequeryOptions {
  params: Parameters;
  window: { from: Date; to: Date };
  queries: QueryRecorder;
}

async function changedFiles(reading: Reading, isExact: boolean): Promise<string[]> {
  const { runbook, results } = reading;
  const counting = runbook.steps.filter(({ outputs }) => outputs.some((file) => Object.hasOwn(COMPARED, file)));
  if (counting.length === 0)
    throw new RunbookError('usage', 'The runbook has no step whose files could be asked for again.', {
      at: '--source',
      hint: `Such files are ${Object.keys(COMPARED).join(', ')}.`,
    });
  const folder = mkdtempSync(path.join(tmpdir(), 'runbook-requery-'));
  try {
    const again = ResultsDir.create(folder, { overwrite: true });
    if (results.exists(PRICE_MAP)) await again.write(PRICE_MAP, results.readText(PRICE_MAP));
    for (const step of counting) await perform(step, again, reading);
    return Object.keys(COMPARED).flatMap((file) => {
      if (!again.exists(file)) return [];
      if (!results.exists(file)) return [`${file} is missing`];
      return differences(file, { kept: results.readText(file), now: again.readText(file) }, isExact);
    });
  } catch (error) {
    // A source that holds nothing of what was reported contradicts the report.
    if (error instanceof RunbookError && error.code === 'gate') return [`the source says: ${error.message}`];
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function perform(step: Runbook['steps'][number], results: ResultsDir, reading: Reading): Promise<void> {
  const { runbook, params, window, queries, env, signal } = reading;
  const quiet = { emit: () => undefined, emitArtifacts: () => undefined };
  const runner = new StepRunner(step, {
    ...{ runId: randomUUID(), params, window, results, queries, signal, ...quiet },
    resultsDirName: results.root,
    notes: [],
    recorder: UNRECORDED,
    mayNotWrite: writeRule(runbook, step),
    byContract: false,
    appendix: '',
    scrubber: new Scrubber(env),
    driver: scriptedDriver,
  });
  await runner.perform();
}

async function unknownTraces({ results, queries, window, signal }: Reading): Promise<string[]> {
  const named = namedTraces(results);
  const ids = [...named.keys()].slice(0, BATCH * MAX_BATCHES);
  const source = queries.sourceFor({ step: 0, call: 0, tool: 'grade' });
  const there = new Set<unknown>();
  for (let at = 0; at < ids.length; at += BATCH) {
    const batch = ids.slice(at, at + BATCH);
    const { rows } = await source.query({
      name: 'grade: cited traces',
      sql: `SELECT DISTINCT properties.$ai_trace_id AS trace_id FROM events
        WHERE event IN ('$ai_generation', '$ai_embedding', '$ai_span', '$ai_trace')
          AND timestamp >= toDateTime({from}) AND timestamp <= toDateTime({to}) AND properties.$ai_trace_id IN {ids}
        LIMIT ${BATCH}`,
      values: { from: window.from.toISOString(), to: window.to.toISOString(), ids: batch },
      signal,
    });
    for (const [id] of rows) there.add(id);
  }
  return ids
    .filter((id) => !there.has(id))
    .map((id) => `${named.get(id)}: the source has no trace ${JSON.stringify(id)}`);
}
