import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { interrupted } from './engine-error.ts';
import type { NativeSession } from './engine-host.ts';

const KILL_EVERY_MS = 20;

/**
 * One connection to the engine. Statements run one after another: a statement that fails half-way leaves what it has printed so far to the next
 * one (chdb 3.4), so after each failure an empty statement takes that away before anything else runs.
 */
export class Connection {
  readonly #session: NativeSession;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(session: NativeSession) {
    this.#session = session;
  }

  /**
   * Runs a statement and gives its output. An interrupted one is killed in the engine, not only forgotten: the library itself stops none.
   * @param killer another connection, to kill this one's statement with
   * @throws RunbookError `interrupted`; anything else is the engine's own error
   */
  execute(sql: string, format: string, abort?: { signal: AbortSignal; killer: Connection }): Promise<string> {
    const mark = `/* ${randomUUID()} */`;
    const signal = abort?.signal;
    let state: 'waiting' | 'running' | 'ended' = 'waiting';
    const answer = this.#turn.then(async () => {
      if (signal?.aborted) throw interrupted();
      state = 'running';
      try {
        return (await this.#session.queryAsync(`${mark} ${sql}`, { format })).text();
      } catch (cause) {
        await this.#session.queryAsync('SELECT 1', { format: 'Null' }).catch(() => undefined);
        throw signal?.aborted ? interrupted(cause) : cause;
      } finally {
        state = 'ended';
      }
    });
    this.#turn = answer.catch(() => undefined);
    if (!abort) return answer;
    return orAborted(answer, abort.signal, async () => {
      while (state === 'running') {
        await abort.killer.#kill(mark);
        await delay(KILL_EVERY_MS);
      }
    });
  }

  /** Kills a statement by the mark before its text, which is put together here so that this statement does not carry it. */
  async #kill(mark: string): Promise<void> {
    const [head, tail] = [mark.slice(0, 10), mark.slice(10)];
    const sql = `KILL QUERY WHERE startsWith(query, concat('${head}', '${tail}')) ASYNC`;
    await this.execute(sql, 'Null').catch(() => undefined);
  }
}

/** The answer, or `interrupted` as soon as the signal fires; `stop` then ends the work behind it. */
async function orAborted<T>(answer: Promise<T>, signal: AbortSignal, stop: () => Promise<void>): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => {
      void stop();
      reject(interrupted());
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    if (signal.aborted) onAbort();
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
