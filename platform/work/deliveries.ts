import { DBOS } from '@dbos-inc/dbos-sdk';
import { z } from 'zod';
import { Scrubber } from '../../agent/secrets.ts';
import { shownRun, storagePath } from '../api/trajectory.ts';
import type { Pool } from '../database/pool.ts';
import { allowedBy } from '../network/target.ts';
import type { Cipher } from '../secrets/cipher.ts';
import { addAudit } from '../store/audit.ts';
import { readVariables } from '../store/environment.ts';
import { readWebhookSecret } from '../store/run-secrets.ts';
import { namesOfRun, type PlatformRun, runById } from '../store/runs.ts';
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
export async function receiversOf({ pool, cipher }: DeliveryParts, run: PlatformRun): Promise<Told[]> {
  const variables = await readVariables(pool, { collectionId: run.collectionId, cipher });
  return [...(run.webhookUrl ? ['trajectory' as const] : []), ...(variables[SLACK_VARIABLE] ? ['slack' as const] : [])];
}

/** The durable workflow: attempts with pauses, up to a day, also over restarts; what came of it is in the audit log. */
export async function deliverDurably(parts: DeliveryParts, runId: string, told: Told): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await DBOS.runStep(() => attemptDelivery(parts, { runId, told, attempt }), {
      name: `attempt ${attempt}`,
      retriesAllowed: false,
    });
    if (outcome.kind !== 'retry') return;
    await DBOS.sleep(outcome.afterMs);
  }
}

async function attemptDelivery(
  parts: DeliveryParts,
  { runId, told, attempt }: { runId: string; told: Told; attempt: number },
): Promise<Delivery> {
  const { pool, cipher, env } = parts;
  const run = await runById(pool, runId);
  if (!run) return { kind: 'gave_up', reason: 'the run is gone' };
  const variables = await readVariables(pool, { collectionId: run.collectionId, cipher });
  const url = told === 'slack' ? variables[SLACK_VARIABLE] : run.webhookUrl;
  if (!url) return { kind: 'gave_up', reason: 'there is no address any more' };
  const names = await namesOfRun(pool, run.id);
  const body =
    told === 'slack' ? slackBody(reportOf(parts, run, names)) : trajectoryBody(parts, run, { names, variables });
  const secret = told === 'slack' ? undefined : await readWebhookSecret(pool, run.id, cipher);
  const outcome = await deliver({ url, trajectoryId: run.trajectoryId }, JSON.stringify(body), {
    ...{ kind: told, attempt, now: new Date() },
    allow: allowedBy(env),
    ...(secret ? { secret } : {}),
  });
  const detail = { run: run.id, attempt, ...(outcome.kind === 'delivered' ? {} : { reason: outcome.reason }) };
  const entry = { collectionId: run.collectionId, actor: 'platform', target: told };
  await addAudit(pool, { ...entry, action: `webhook.${outcome.kind}`, detail });
  return outcome;
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
  const status = run.state === 'completed' || run.state === 'cancelled' ? run.state : 'failed';
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
    verdict: run.state === 'completed' ? 'passed' : 'failed',
    window: { from: time('window.from'), to: time('window.to') },
    spendUsd: number('totals.cost_usd'),
    projectedSavingsUsd: number('totals.savings_expected'),
    recommendations: list.map(({ title, savings }) => ({ title, monthlySavingsUsd: savings?.expected ?? null })),
    runUrl: `${base}/${place}`,
  };
}
