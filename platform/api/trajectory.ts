import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from '@hono/zod-openapi';
import { type RunRecord, readRecord } from '../../agent/record/read.ts';
import type { TimelineStep } from '../../agent/record/timeline.ts';
import { EVENTS } from '../../agent/results.ts';
import type { Label } from '../store/labels.ts';
import { outcomeOf, type PlatformRun } from '../store/run-row.ts';
import { type Outline, outlineIn } from '../work/outlines.ts';
import { objectIn } from '../work/plan.ts';
import { runFolder } from '../work/results.ts';
import type { Platform } from './platform.ts';

/** Where results lie for an agent of the public platform; names of stored files begin with it. */
const SANDBOX_DIR = 'app/results';
/** The step that holds the outcome: clients read `steps.run`. */
export const RUN_STEP = 'run';

/** Names of a run: its collection's and its task's. */
export interface Named {
  collection: string;
  task: string;
}

const object = z.record(z.string(), z.unknown());
export const labelShape = z.object({ key: z.string(), value: z.string(), created: z.string(), author: z.string() });
const stepShape = z.object({
  key: z.string(),
  title: z.string(),
  activity: z.string(),
  status: z.string(),
  inputs: object,
  outputs: object,
  error: z.string().nullable(),
  depends_on: z.array(z.string()),
  created: z.string().nullable(),
  ended: z.string().nullable(),
  duration_seconds: z.number().nullable(),
  author: z.string(),
  origin: object,
  config: object,
});

/** A run as clients see it. */
export const trajectoryShape = z
  .object({
    name: z.string(),
    trajectory_id: z.string(),
    workflow_id: z.string(),
    storage_path: z.string(),
    status: z.string(),
    attributes: object,
    created: z.string(),
    updated: z.string(),
    started: z.string().nullable(),
    ended: z.string().nullable(),
    author: z.string().nullable(),
    metadata_uri: z.string(),
    steps: z.record(z.string(), stepShape),
    labels: z.array(labelShape),
    total_steps: z.array(z.string()),
    completed_steps: z.array(z.string()),
    init_params: object,
    step_configs: object,
    org_id: z.null(),
    error: z.string().nullable(),
    exit_code: z.number().nullable(),
    score: z.number().nullable(),
    cost_usd: z.number(),
    attempts: z.number(),
    triggered_by_routine_id: z.number().nullable(),
    webhook_url: z.string().nullable(),
  })
  .openapi('Trajectory');
export type Trajectory = z.infer<typeof trajectoryShape>;
type Step = z.infer<typeof stepShape>;

/** `{collection}/{task}--{trajectory id}`, slashes as dashes. */
export function workflowId({ collection, task }: Named, trajectoryId: string): string {
  return `${`${collection}/${task}`.replaceAll('/', '-')}--${trajectoryId}`;
}

export function storagePath({ collection, task }: Named): string {
  return `${collection}/${task}/0000`;
}

/** The record of a run, where it has begun to keep one. */
export function recordOf(platform: Pick<Platform, 'runsDir'>, run: PlatformRun): RunRecord | undefined {
  const dir = runFolder(platform, run);
  if (!existsSync(path.join(dir, EVENTS))) return undefined;
  try {
    return readRecord(dir);
  } catch {
    return undefined; // its first line is being written
  }
}

/** A file of the results: where it lies, and what it is called outside. */
export interface StoredFile {
  /** Relative to the run's folder. */
  file: string;
  /** `{collection}/{task}/0000/{trajectory id}.run.{NNNN}.{flattened}`. */
  path: string;
}

/** The files of a run in the order of their names, numbered. */
export function storedFiles(names: Named, run: PlatformRun, outline: Outline | undefined): StoredFile[] {
  return (outline?.files ?? []).map((file, index) => {
    const number = String(index).padStart(4, '0');
    return { file, path: `${storagePath(names)}/${run.trajectoryId}.${RUN_STEP}.${number}.${flattened(file)}` };
  });
}

/** `app/results/data/x.y.csv` → `app--results--data--x-y.csv`. */
function flattened(file: string): string {
  const { dir, name, ext } = path.posix.parse(path.posix.join(SANDBOX_DIR, file));
  return `${dir.replaceAll('/', '--')}--${name.replaceAll('.', '-')}${ext}`;
}

export function shownRun(
  platform: Pick<Platform, 'runsDir'>,
  run: PlatformRun,
  { names, labels }: { names: Named; labels: readonly Label[] },
): Trajectory {
  const outline = outlineIn(runFolder(platform, run));
  const steps = stepsIn(run, outline);
  const id = run.trajectoryId;
  return {
    ...{ name: `${names.collection}/${names.task}`, trajectory_id: id, workflow_id: workflowId(names, id) },
    ...{ storage_path: storagePath(names), metadata_uri: `${storagePath(names)}/${id}.json`, status: run.state },
    attributes: { asset_type: 'trajectory', created: run.created.toISOString(), params: paramsOf(run) },
    created: run.created.toISOString(),
    updated: run.updated.toISOString(),
    started: isoOf(run.started),
    ended: isoOf(run.ended),
    author: run.author,
    steps: { ...Object.fromEntries(steps.map((step) => [step.key, step])), [RUN_STEP]: outcome(names, run, outline) },
    labels: labels.map(shownLabel),
    total_steps: [...(outline?.planned ?? []), RUN_STEP],
    completed_steps: [
      ...steps.filter(({ status }) => status === 'completed').map(({ key }) => key),
      ...(stateOf(run) === 'completed' ? [RUN_STEP] : []),
    ],
    init_params: run.initParams,
    step_configs: objectIn(run.workflow.step_configs),
    org_id: null,
    error: run.error,
    exit_code: run.exitCode,
    score: run.score,
    cost_usd: run.costUsd,
    attempts: run.attempts,
    triggered_by_routine_id: run.routineId,
    webhook_url: run.webhookUrl,
  };
}

/** What it was asked for with; of one that was performed elsewhere, also what else was told. */
function paramsOf({ initParams, ingested }: PlatformRun): Record<string, unknown> {
  if (!ingested) return initParams;
  const { source, evalId, metadata } = ingested;
  return { ...initParams, source, eval_id: evalId, ...metadata };
}

export function shownLabel({ key, value, author, created }: Label): z.infer<typeof labelShape> {
  return { key, value, author, created: created.toISOString() };
}

const STATUS: Record<TimelineStep['status'], string> = {
  done: 'completed',
  failed: 'failed',
  stopped: 'failed',
  open: 'running',
};

function stepsIn(run: PlatformRun, outline: Outline | undefined): Step[] {
  const steps = outline?.steps ?? [];
  return steps.map((step, index) => ({
    key: step.id,
    title: step.title,
    activity: 'runbook.step',
    status: step.status === 'open' && run.ended ? 'cancelled' : STATUS[step.status],
    inputs: { number: step.number },
    outputs: { artifacts: step.artifacts, note: step.note },
    error: step.failure?.message ?? null,
    depends_on: index === 0 ? [] : [steps[index - 1]?.id ?? ''],
    created: null,
    ended: null,
    duration_seconds: step.elapsed_s,
    author: run.agent ?? '',
    origin: step.from === null ? {} : { run: step.from },
    config: {},
  }));
}

/** A run that was put away came out as it did. */
function stateOf(run: PlatformRun): string {
  return run.ended ? outcomeOf(run) : run.state;
}

/** The run as one step: where clients look for files and usage. */
function outcome(names: Named, run: PlatformRun, outline: Outline | undefined): Step {
  const files = storedFiles(names, run, outline);
  const shown = files.map(({ path: stored }) => {
    const extension = path.posix.extname(stored);
    return { path: stored, content_type: contentTypeOf(extension), extension };
  });
  const primary = files.filter(({ file }) => file === 'recommendations.md').map(({ path: stored }) => stored);
  const seconds = run.started && run.ended ? (run.ended.getTime() - run.started.getTime()) / 1000 : null;
  return {
    ...{ key: RUN_STEP, title: 'The run', activity: 'runbook', depends_on: [], author: run.author ?? '' },
    status: stateOf(run),
    inputs: run.initParams,
    outputs: {
      success: stateOf(run) === 'completed',
      results_files: shown.filter(({ path: stored }) => !stored.endsWith('.jsonl')),
      files: shown,
      primary_files: primary,
      usage: { cost_usd: run.costUsd, duration_seconds: seconds },
      ...(run.ingested ? { output: run.ingested.output } : {}),
    },
    error: run.error,
    created: isoOf(run.started),
    ended: isoOf(run.ended),
    duration_seconds: seconds,
    origin: run.ingested ? { ingested: run.ingested.source } : {},
    config: {},
  };
}

const CONTENT_TYPES: Record<string, string> = {
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.jsonl': 'application/x-ndjson',
  '.md': 'text/markdown; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

export function contentTypeOf(extension: string): string {
  return CONTENT_TYPES[extension] ?? 'application/octet-stream';
}

function isoOf(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}
