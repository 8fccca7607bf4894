import { mkdtempSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { messageOf, RunbookError } from '../../lib/errors.ts';

export interface NativeSession {
  queryAsync(sql: string, options?: { format?: string }): Promise<{ text(): string }>;
  close(): void;
}
interface Chdb {
  Session: new (path: string) => NativeSession;
  /** Waits until no statement is running and closed connections are gone. */
  drainPending(): Promise<void>;
}

/** A process's folder inside the cache: `.engine-<host>-<pid>-<random>`. */
export function processPrefix(kind: 'engine' | 'building'): string {
  return `.${kind}-${hostname().replaceAll(/[^\w.]/gu, '_')}-${process.pid}-`;
}

/** The data directory of this process's ClickHouse, and how many engines use it. */
let host: { directory: string; users: number } | undefined;
/** Engines open and close one after another, so that the directory is never removed under one that is opening. */
let turn: Promise<unknown> = Promise.resolve();

function inTurn<T>(action: () => Promise<T>): Promise<T> {
  const result = turn.then(action);
  turn = result.catch(() => undefined);
  return result;
}

async function loadChdb(): Promise<Chdb> {
  try {
    return (await import('chdb')) as unknown as Chdb;
  } catch (cause) {
    throw new RunbookError(
      'source_unavailable',
      'Event files are read by an embedded ClickHouse, which is not installed.',
      {
        hint: 'Run: npm install chdb (Linux and macOS; on Windows use WSL). The live PostHog API works without it.',
        cause,
      },
    );
  }
}

/** Two connections of their own on the process's data directory, which the first caller makes under `scratch`. */
export async function joinHost(scratch: string): Promise<[NativeSession, NativeSession]> {
  const chdb = await loadChdb();
  return inTurn(async () => {
    const opened: NativeSession[] = [];
    try {
      if (!host) {
        await chdb.drainPending();
        host = { directory: mkdtempSync(path.join(scratch, processPrefix('engine'))), users: 0 };
        process.once('exit', removeDirectory);
      }
      const open = (directory: string) => {
        const session = new chdb.Session(directory);
        opened.push(session);
        return session;
      };
      const pair: [NativeSession, NativeSession] = [open(host.directory), open(host.directory)];
      host.users += 1;
      return pair;
    } catch (cause) {
      for (const one of opened) one.close();
      if (host?.users === 0) removeDirectory();
      throw new RunbookError('source_unavailable', `The embedded ClickHouse cannot start: ${messageOf(cause)}`, {
        cause,
      });
    }
  });
}

/** Closes connections of one engine. */
export async function leaveHost(sessions: readonly NativeSession[]): Promise<void> {
  const chdb = await loadChdb();
  await inTurn(async () => {
    for (const session of sessions) session.close();
    if (!host) return;
    host.users -= 1;
    if (host.users > 0) return;
    await chdb.drainPending();
    removeDirectory();
    process.off('exit', removeDirectory);
  });
}

function removeDirectory(): void {
  if (host) rmSync(host.directory, { recursive: true, force: true });
  host = undefined;
}
