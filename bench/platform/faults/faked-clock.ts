import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Site, sleep } from './site.ts';

const FOLDERS = [
  '/usr/lib/x86_64-linux-gnu/faketime',
  '/usr/lib/aarch64-linux-gnu/faketime',
  '/usr/local/lib/faketime',
];

const MINUTE = 60_000;
/** The minute is on time for the next 55 s, the one before it is late already, and the next one comes when servers have looked. */
const BEHIND_MS = 35_000;

/** libfaketime's library for programs with threads; undefined where it is not installed (`apt-get install faketime`). */
export function faketimeLibrary(): string | undefined {
  return FOLDERS.filter(existsSync)
    .flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name)))
    .find((file) => path.basename(file).startsWith('libfaketimeMT.so'));
}

/** A clock for PostgreSQL and every process of servers, which is moved while they run: libfaketime reads how far from a file, each time. */
export class FakedClock {
  readonly #site: Site;
  readonly #file: string;
  readonly env: NodeJS.ProcessEnv;
  #aheadMs = 0;

  constructor(site: Site, library: string) {
    this.#site = site;
    this.#file = path.join(site.work, 'clock');
    this.env = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_RESET: '1',
    };
    this.#write();
  }

  get now(): number {
    return Date.now() + this.#aheadMs;
  }

  /** Every process that has it sees another time from now on. */
  set(instant: number): void {
    this.#aheadMs = instant - Date.now();
    this.#write();
  }

  /** Sets it within the minute of an instant, where nothing hangs on how soon a server looks. @returns where it stands */
  setWithinMinute(instant: number): number {
    const at = Math.floor(instant / MINUTE) * MINUTE + BEHIND_MS;
    this.set(at);
    return at;
  }

  /** PostgreSQL, which the product starts with no environment but its own, is started with this clock; the server finds it running. */
  async startPostgres(): Promise<void> {
    const { server } = this.#site;
    await server.start();
    const programs = this.#site.postgres()?.programs ?? '';
    const port = new URL(this.#site.databaseUrl).port;
    await server.end('SIGTERM');
    const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=100`;
    this.#site.pgCtl(
      programs,
      ['start', '-l', path.join(this.#site.postgresDir, 'server.log'), '-o', settings],
      this.env,
    );
  }

  /** Nobody else does where every server was told an address. */
  async stopPostgres(): Promise<void> {
    const programs = this.#site.postgres()?.programs;
    if (programs !== undefined) this.#site.pgCtl(programs, ['stop', '-m', 'fast']);
  }

  /** What the database takes for the time. */
  async ofDatabase(): Promise<number> {
    const [row] = await this.#site.query<{ now: Date }>('SELECT now() AS now');
    return row?.now.getTime() ?? 0;
  }

  /** @throws where the database does not follow: nothing that is measured would mean anything */
  async assertFollowed(): Promise<void> {
    for (let tries = 0; tries < 20; tries += 1) {
      if (Math.abs((await this.ofDatabase()) - this.now) < 5_000) return;
      await sleep(500);
    }
    throw new Error(`the clock of the database does not follow libfaketime: ${new Date(await this.ofDatabase())}`);
  }

  /** A rename, so that nobody reads a half of it. */
  #write(): void {
    const seconds = this.#aheadMs / 1000;
    writeFileSync(`${this.#file}.new`, `${seconds < 0 ? '' : '+'}${seconds.toFixed(3)}\n`, { mode: 0o644 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}
