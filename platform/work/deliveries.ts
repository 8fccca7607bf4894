import { z } from 'zod';
import { Scrubber } from '../../agent/secrets.ts';
import { RunbookError } from '../../lib/errors.ts';
import { shownRun, storagePath } from '../api/trajectory.ts';
import { type Pool, untilAnswered } from '../database/pool.ts';
import { allowedBy } from '../network/target.ts';
import type { Cipher } from '../secrets/cipher.ts';
import { addAudit } from '../store/audit.ts';
import { listVariables, readVariables } from '../store/environment.ts';
import { outcomeOf, type PlatformRun } from '../store/run-row.ts';
import { readWebhookSecret } from '../store/run-secrets.ts';
import { namesOfRun, runById } from '../store/runs.ts';
import { type Delivery, deliver } from '../webhooks/deliver.ts';
import { webhookBody } from '../webhooks/payload.ts';
import { type SlackReport, slackBody } from '../webhooks/slack.ts';
import { jsonIn, runFolder } from './results.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface DeliveryParts {
  pool: Pool;
  cipher: Cipher;
  runsDir: string;
  env: Env;
}

/** To whom the end of a run is told. `slack`: the collection has the variable `SLACK_WEBHOOK_URL`. */
export type Told = 'trajectory' | 'slack';
const SLACK_VARIABLE = 'SLACK_WEBHOOK_URL';

/** To whom the end of this run is to be told. */
export async function receiversOf({ pool }: DeliveryParts, run: PlatformRun): Promise<Told[]> {
  const variables = await listVariables(pool, run.collectionId);
  const hasSlack = variables.some(({ name }) => name === SLACK_VARIABLE);
  return [...(run.webhookUrl ? ['trajectory' as const] : []), ...(hasSlack ? ['slack' as const] : [])];
}

/** One of the attempts to tell the end of a run to a receiver. */
export interface Attempt {
  runId: string;
  told: Told;
  /** From 1. */
  attempt: number;
}

/** Makes an attempt; what came of it is in the audit log. While the database is away it waits: a delivery is not lost for that. */
export async function deliverOnce(parts: DeliveryParts, { runId, told, attempt }: Attempt): Promise<Delivery> {
  const { pool } = parts;
  const run = await untilAnswered(() => runById(pool, runId));
  if (!run) return { kind: 'gave_up', reason: 'the run is gone' };
  const outcome = await attemptOf(parts, run, { told, attempt });
  const detail = { run: run.id, attempt, ...(outcome.kind === 'delivered' ? {} : { reason: outcome.reason }) };
  const entry = { collectionId: run.collectionId, actor: 'platform', target: told };
  await untilAnswered(() => addAudit(pool, { ...entry, action: `webhook.${outcome.kind}`, detail }));
  return outcome;
}

async function attemptOf(
  parts: DeliveryParts,
  run: PlatformRun,
  { told, attempt }: Pick<Attempt, 'told' | 'attempt'>,
): Promise<Delivery> {
  const wanted = await untilAnswered(() => wantedOf(parts, run, told));
  if ('kind' in wanted) return wanted;
  const { url, body, secret } = wanted;
  return deliver({ url, trajectoryId: run.trajectoryId }, JSON.stringify(body), {
    ...{ kind: told, attempt, now: new Date() },
    allow: allowedBy(parts.env),
    ...(secret ? { secret } : {}),
  });
}

type GaveUp = Extract<Delivery, { kind: 'gave_up' }>;

interface Wanted {
  url: string;
  body: unknown;
  secret: string | undefined;
}

/** Where a delivery goes, and what it says; why it is given up where there is nobody to tell, or its secrets cannot be read. */
async function wantedOf(parts: DeliveryParts, run: PlatformRun, told: Told): Promise<Wanted | GaveUp> {
  const { pool, cipher } = parts;
  try {
    const variables = await readVariables(pool, { collectionId: run.collectionId, cipher });
    const url = told === 'slack' ? variables[SLACK_VARIABLE] : run.webhookUrl;
    if (!url) return { kind: 'gave_up', reason: 'there is no address any more' };
    const names = await namesOfRun(pool, run.id);
    if (told === 'slack') return { url, body: slackBody(reportOf(parts, run, names)), secret: undefined };
    const secret = await readWebhookSecret(pool, run.id, cipher);
    return { url, body: trajectoryBody(parts, run, { names, variables }), secret };
  } catch (error) {
    if (error instanceof RunbookError) return { kind: 'gave_up', reason: error.message };
    throw error;
  }
}

interface Names {
  collection: string;
  task: string;
}

function trajectoryBody(
  { runsDir, env }: DeliveryParts,
  run: PlatformRun,
  { names, variables }: { names: Names; variables: Record<string, string> },
) {
  const { steps } = shownRun({ runsDir }, run, { names, labels: [] });
  const status = outcomeOf(run);
  const about = { ...names, trajectoryId: run.trajectoryId, status, storagePath: storagePath(names) } as const;
  return webhookBody(
    { ...about, steps, initParams: run.initParams },
    new Scrubber({ ...env, ...variables }, Object.keys(variables)),
  );
}

const fact = z.object({ value: z.union([z.number(), z.string()]) });
const facts = z.record(z.string(), z.unknown());
const plan = z.object({
  recommendations: z.array(z.object({ title: z.string(), savings: z.object({ expected: z.number() }).nullish() })),
});

const VERDICTS = { completed: 'passed', failed: 'failed', cancelled: 'cancelled' } as const;

function reportOf({ runsDir, env }: DeliveryParts, run: PlatformRun, names: Names): SlackReport {
  const dir = runFolder({ runsDir }, run);
  const told = facts.safeParse(jsonIn(dir, 'data/facts.json')).data ?? {};
  const number = (id: string) => {
    const value = fact.safeParse(told[id]).data?.value;
    return typeof value === 'number' ? value : null;
  };
  const time = (id: string) => String(fact.safeParse(told[id]).data?.value ?? run.created.toISOString());
  const list = plan.safeParse(jsonIn(dir, 'data/recommendations.json')).data?.recommendations ?? [];
  const base = env.RUNBOOK_URL ?? 'http://127.0.0.1';
  const place = [names.collection, names.task, run.trajectoryId].map(encodeURIComponent).join('/');
  return {
    title: `${names.collection}/${names.task}`,
    verdict: VERDICTS[outcomeOf(run)],
    window: { from: time('window.from'), to: time('window.to') },
    spendUsd: number('totals.cost_usd'),
    projectedSavingsUsd: number('totals.savings_expected'),
    recommendations: list.map(({ title, savings }) => ({ title, monthlySavingsUsd: savings?.expected ?? null })),
    runUrl: `${base}/${place}`,
  };
}
