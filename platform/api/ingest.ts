import { existsSync } from 'node:fs';
import { transaction } from '../database/pool.ts';
import { addAudit } from '../store/audit.ts';
import { ingestRun } from '../store/ingested.ts';
import { deleteLabels, labelsOf, setLabel } from '../store/labels.ts';
import { runByTrajectory } from '../store/runs.ts';
import { runFolder } from '../work/results.ts';
import { actorOf, taskFor } from './auth.ts';
import { refusal } from './errors.ts';
import type { Platform } from './platform.ts';
import { type Api, answer, body, createRoute, ofTask, REFUSALS, z } from './route.ts';
import { namesOf } from './runs.ts';
import { labelShape, shownLabel, storagePath } from './trajectory.ts';

/** Characters of JSON: lists of runs hold all of it. */
const MAX_TOLD = 200_000;
/** Labels and scores of a run. */
const MAX_LABELS = 100;
/** Clocks of others may be ahead so far, ms. */
const AHEAD_MS = 300_000;
/** Scores are labels with these names; so is what the run is thought to have cost. */
const SCORE = 'score.';
const COST = 'cost_est_usd';

const object = z.record(z.string(), z.unknown());
const text = z.string().min(1).max(2_000);
const instant = z.iso.datetime({ offset: true }).optional();
const told = z.object({
  input: z.unknown().optional(),
  output: z.unknown().optional(),
  status: z.enum(['completed', 'failed', 'cancelled']).default('completed'),
  scores: z.record(text, z.number()).default({}),
  labels: z.record(text, text).default({}),
  cost_usd: z.number().min(0).optional().openapi({ description: 'USD' }),
  trajectory_id: z
    .string()
    .regex(/^[0-9a-f]{8}$/u, 'must have eight hexadecimal digits')
    .optional()
    .openapi({ description: 'One that is known already is told anew' }),
  source: text.optional().openapi({ description: 'Who performed it' }),
  eval_id: text.optional(),
  metadata: object.default({}),
  author: text.optional(),
  created: instant.openapi({ description: 'When it began; default now' }),
  completed: instant.openapi({ description: 'When it ended; default now' }),
});
type Told = z.infer<typeof told>;

const ingest = createRoute({
  method: 'post',
  path: '/api/v1/trajectories/{collection}/{task}/ingest',
  request: { params: ofTask, ...body(told) },
  responses: {
    200: answer(
      z.object({
        trajectory_id: z.string(),
        name: z.string(),
        storage_path: z.string(),
        status: z.string(),
        labels: z.array(labelShape),
      }),
      'Kept: a run that was performed elsewhere, whose outcome is as it was told',
    ),
    ...REFUSALS,
  },
});

/** Runs that others performed: told of, not checked. */
export function ingestRoutes(api: Api, platform: Platform): void {
  api.openapi(ingest, async (c) => {
    const { collection, task } = await taskFor(platform, c.get('token'), c.req.valid('param'));
    const given = c.req.valid('json');
    const author = given.author ?? c.get('token').name;
    const labels = labelsIn(given);
    const run = runIn(given, labels);
    const trajectoryId = given.trajectory_id;
    const ids = { collectionId: collection.id, taskId: task.id, trajectoryId };
    // Files of a run whose task was deleted are still there: they are of no other run.
    if (trajectoryId && existsSync(runFolder(platform, { ...ids, trajectoryId }))) throw isOurs(trajectoryId);
    const kept = await transaction(platform.pool, async (db) => {
      const earlier = trajectoryId === undefined ? undefined : await runByTrajectory(db, { ...ids, trajectoryId });
      const made = await ingestRun(db, { ...run, ...ids, author });
      if (!made) throw isOurs(trajectoryId ?? '');
      if (earlier?.ingested)
        await deleteLabels(db, made.id, { keys: earlier.ingested.labels, author: earlier.author ?? '' });
      for (const [key, value] of labels) await setLabel(db, made.id, { key, value, author });
      const entry = { collectionId: collection.id, actor: actorOf(c.get('token')), target: task.name };
      await addAudit(db, { ...entry, action: 'run.ingest', detail: { run: made.id } });
      return { made, labels: (await labelsOf(db, [made.id])).get(made.id) ?? [] };
    });
    const names = namesOf(collection, task);
    const { trajectoryId: id, state } = kept.made;
    const about = { trajectory_id: id, name: `${names.collection}/${names.task}`, status: state };
    return c.json({ ...about, storage_path: storagePath(names), labels: kept.labels.map(shownLabel) }, 200);
  });
}

function isOurs(id: string) {
  return refusal(400, `Trajectory '${id}' is of another run: choose another trajectory_id, or leave it out`);
}

/** @throws 400 for a run that ended before it began or will end, 413 for one that is too large */
function runIn(
  { input, output, status, cost_usd, source, eval_id, metadata, created, completed }: Told,
  labels: readonly [string, string][],
) {
  if (labels.length > MAX_LABELS) throw refusal(413, `labels and scores are more than ${MAX_LABELS}`);
  if (JSON.stringify({ input, output, metadata }).length > MAX_TOLD)
    throw refusal(413, `input, output and metadata have more than ${MAX_TOLD} characters`);
  const now = new Date();
  const ended = completed === undefined ? now : new Date(completed);
  const started = created === undefined ? new Date(Math.min(now.getTime(), ended.getTime())) : new Date(created);
  if (ended < started) throw refusal(400, 'completed: it is before created');
  if (ended.getTime() > now.getTime() + AHEAD_MS) throw refusal(400, 'completed: it is in the future');
  const params = object.safeParse(input);
  return {
    state: status,
    initParams: params.success ? params.data : input === undefined ? {} : { input },
    costUsd: cost_usd ?? 0,
    ingested: {
      ...{ output: output ?? null, source: source ?? null, evalId: eval_id ?? null, metadata },
      labels: labels.map(([key]) => key),
    },
    started,
    ended,
  };
}

function labelsIn({ scores, labels, cost_usd }: Told): [string, string][] {
  return [
    ...Object.entries(labels),
    ...Object.entries(scores).map(([name, score]): [string, string] => [`${SCORE}${name}`, String(score)]),
    ...(cost_usd === undefined ? [] : ([[COST, String(cost_usd)]] as [string, string][])),
  ];
}
