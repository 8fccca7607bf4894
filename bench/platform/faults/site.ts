import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { ProductServer } from '../product-server.ts';

const ASK_MS = 120_000;

/** An installation of a scenario: its folder, its server, and a way to its database that goes by nothing of the product's. */
export class Site {
  readonly work: string;
  readonly server: ProductServer;
  readonly #mounted: string[] = [];

  constructor({ args, env = {} }: { args: readonly string[]; env?: NodeJS.ProcessEnv }) {
    this.work = mkdtempSync(path.join(tmpdir(), 'bench-faults-'));
    chmodSync(this.work, 0o755); // PostgreSQL's user walks through it
    this.server = this.another({ args, env });
  }

  /** One more server over the same folder. */
  another(options: { args: readonly string[]; env?: NodeJS.ProcessEnv; token?: string }): ProductServer {
    const env = { XDG_CACHE_HOME: path.join(this.work, 'cache'), ...options.env };
    return new ProductServer({ ...options, dataDir: this.dataDir, env });
  }

  get dataDir(): string {
    return path.join(this.work, 'data');
  }

  get postgresDir(): string {
    return path.join(this.dataDir, 'postgres');
  }

  get databaseUrl(): string {
    const [password, port] = ['postgres.password', 'postgres.port'].map((file) =>
      readFileSync(path.join(this.dataDir, file), 'utf8').trim(),
    );
    return `postgresql://runbook:${password}@127.0.0.1:${port}/platform`;
  }

  /** Asks the database, again and again while it is away. */
  async query<T extends pg.QueryResultRow>(sql: string, values: unknown[] = []): Promise<T[]> {
    const until = performance.now() + ASK_MS;
    for (;;) {
      const client = new pg.Client({ connectionString: this.databaseUrl });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return (await client.query<T>(sql, values)).rows;
      } catch (error) {
        if (performance.now() > until) throw error;
        await sleep(500);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }

  /** Asks once, whatever comes of it. */
  async tryQuery(sql: string, values: unknown[] = []): Promise<void> {
    const client = new pg.Client({ connectionString: this.databaseUrl, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query(sql, values);
    } catch {
      // It may not be able to.
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** The embedded PostgreSQL: its process, and the folder of its programs; undefined while it does not run. */
  postgres(): { pid: number; programs: string } | undefined {
    try {
      const pid = Number(readFileSync(path.join(this.postgresDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
      const program = readlinkSync(`/proc/${pid}/exe`);
      return path.basename(program) === 'postgres' ? { pid, programs: path.dirname(program) } : undefined;
    } catch {
      return undefined;
    }
  }

  killPostgres(): void {
    const pid = this.postgres()?.pid;
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }

  /** `pg_ctl` as PostgreSQL's own user. */
  pgCtl(programs: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): void {
    const { uid, gid } = statSync(this.postgresDir);
    const { PATH = '' } = process.env;
    execFileSync(path.join(programs, 'pg_ctl'), ['-D', this.postgresDir, '-w', ...args], {
      ...{ uid, gid, cwd: this.dataDir, stdio: 'ignore' },
      env: { PATH, TZ: 'UTC', LC_ALL: 'C', ...env },
    });
  }

  /** Makes a folder of the installation a small disk of its own. @throws where nobody may mount here */
  mountSmall(folder: string, megabytes: number): void {
    execFileSync('mkdir', ['-p', folder]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', folder], { stdio: 'pipe' });
    this.#mounted.push(folder);
  }

  /** Ends everything and leaves nothing. */
  async close(): Promise<void> {
    await this.server.end('SIGTERM');
    for (const folder of this.#mounted) execFileSync('umount', ['-l', folder]);
    rmSync(this.work, { recursive: true, force: true });
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
