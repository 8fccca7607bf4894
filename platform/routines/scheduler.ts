import type { Pool } from '../database/pool.ts';
import { isUnanswered, transaction } from '../database/pool.ts';
import type { Cipher } from '../secrets/cipher.ts';
import { addAudit } from '../store/audit.ts';
import { decidedTo, holdRoutine, type Routine, readRoutineSecrets, timings } from '../store/routines.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { setSecretParams, setWebhookSecret } from '../store/run-secrets.ts';
import { hasOpenRun, hasWaiting, takeWaiting } from '../store/waiting-runs.ts';
import type { RunQueue } from '../work/queue.ts';
import { Due } from './due.ts';
import { type Decision, decide, MAX_CAUGHT_UP } from './policy.ts';
import { firesBetween } from './schedule.ts';

/** Schedules are looked at this often, ms. */
const LOOK_MS = 1_000;
/** Fires that are read in one look. */
const MOST_FIRES = 1_000;

export interface Parts {
  pool: Pool;
  queue: RunQueue;
  cipher: Cipher;
}

/**
 * Fires schedules. Any number of servers may run one: a schedule is held by one transaction while it is decided, what was decided is kept
 * with it, and an instant of a schedule makes one run by the database's own word. The clock is the database's.
 */
export class Scheduler {
  readonly #parts: Parts;
  readonly #due = new Due();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#plan();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #plan(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      // The database may be away: the next look sees what was due meanwhile.
      this.#looking = look(this.#parts, { due: this.#due })
        .catch(() => undefined)
        .finally(() => this.#plan());
    }, LOOK_MS);
  }
}

/** Decides every schedule that is due, once. @param at what the time is; default: what the database says. @param due what is known of earlier looks */
export async function look(parts: Parts, { at, due = new Due() }: { at?: Date; due?: Due } = {}): Promise<void> {
  const ids = due.among(await timings(parts.pool), at ?? (await clock(parts.pool)));
  const failures: unknown[] = [];
  for (const id of ids)
    await decideOne(parts, id, at).catch((error: unknown) => {
      if (isUnanswered(error)) throw error;
      failures.push(error);
    });
  if (await hasWaiting(parts.pool))
    await transaction(parts.pool, async (db) => {
      for (const run of await takeWaiting(db)) await parts.queue.enqueueIn(db, run);
    });
  // One that cannot be decided, such as for a key that is another now, holds up none behind it.
  if (failures.length > 0) throw failures[0];
}

function decideOne(parts: Parts, id: number, at: Date | undefined): Promise<void> {
  return transaction(parts.pool, async (db) => {
    const routine = await holdRoutine(db, id);
    if (routine) await fire(parts, { db, routine, at });
  });
}

type Db = Parameters<RunQueue['enqueueIn']>[0];

async function fire(
  parts: Parts,
  { db, routine, at }: { db: Db; routine: Routine; at: Date | undefined },
): Promise<void> {
  const now = at ?? (await clock(db));
  const fires = firesBetween(routine.cadence, routine.decidedTo, now, MOST_FIRES);
  const newest = fires.at(-1);
  if (!newest) return;
  // There are more, for the next looks: what is older than all that a policy makes up for is passed by without a decision.
  if (fires.length === MOST_FIRES) return decidedTo(db, routine.id, fires.at(-1 - MAX_CAUGHT_UP) ?? newest);
  const decisions = decide({
    routineId: String(routine.id),
    fires,
    now,
    decidedUntil: routine.decidedTo,
    earlierRunOpen: await hasOpenRun(db, routine.id),
    overlap: routine.overlap,
    catchUp: routine.catchUp,
    maxJitterS: routine.jitterS,
  });
  for (const { action, fireAt, delayS } of decisions)
    if (action !== 'skip') await submitFire(parts, { db, routine, fireAt, waits: action === 'queue', delayS });
  await noteSkipped(db, routine, decisions);
  await decidedTo(db, routine.id, newest);
}

/** Whoever waits for a run that is not made finds why: an entry for each reason. */
async function noteSkipped(db: Db, { name, taskId }: Routine, decisions: readonly Decision[]): Promise<void> {
  const skipped = decisions.filter(({ action }) => action === 'skip');
  for (const reason of new Set(skipped.map((each) => each.reason))) {
    const instants = skipped.filter((each) => each.reason === reason).map(({ fireAt }) => fireAt.toISOString());
    const { rows } = await db.query<{ id: string }>('SELECT collection_id AS id FROM platform.tasks WHERE id = $1', [
      taskId,
    ]);
    const entry = { collectionId: rows[0]?.id ?? null, actor: `routine ${name}`, action: 'routine.skip', target: name };
    await addAudit(db, { ...entry, detail: { reason, instants: instants.length, last: instants.at(-1) } });
  }
}

/** A run of a schedule, at one of its instants or because somebody asks for it. */
export async function submitFire(
  { queue, cipher }: Parts,
  { db, routine, fireAt, waits = false, delayS = 0 }: Fire,
): Promise<PlatformRun | undefined> {
  const { rows } = await db.query<{ collection_id: string; workflow: Record<string, unknown> }>(
    'SELECT collection_id, workflow FROM platform.tasks WHERE id = $1',
    [routine.taskId],
  );
  const [task] = rows;
  if (!task) return undefined;
  const wanted = {
    ...{ collectionId: task.collection_id, taskId: routine.taskId, workflow: task.workflow, waits },
    initParams: routine.overrides,
    author: `routine ${routine.name}`,
    fire: { routineId: routine.id, at: fireAt },
    ...(routine.webhookUrl === null ? {} : { webhookUrl: routine.webhookUrl }),
  };
  const secrets = await readRoutineSecrets(db, routine.id, cipher);
  const also = async (_db: Db, { id: runId }: PlatformRun) => {
    if (secrets.secretParams) await setSecretParams(db, { runId, secrets: secrets.secretParams, cipher });
    if (secrets.webhookSecret) await setWebhookSecret(db, { runId, secret: secrets.webhookSecret, cipher });
  };
  return queue.submitIn(db, wanted, { also, delayS });
}

interface Fire {
  db: Db;
  routine: Routine;
  fireAt: Date;
  waits?: boolean;
  delayS?: number;
}

async function clock(db: Db): Promise<Date> {
  const { rows } = await db.query<{ now: Date }>('SELECT now() AS now');
  return rows[0]?.now ?? new Date();
}
