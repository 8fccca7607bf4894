import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** A task that runs the sample. */
const TASK = { name: 'optimizer', workflow: { init_params: { source: 'sample' } } };
export const COLLECTION = 'default';
const START_MS = 60_000;

export interface Answer {
  status: number;
  /** Parsed; undefined where it is no JSON. */
  body: unknown;
  ms: number;
}

interface ProductServerOptions {
  dataDir: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  token?: string;
}

/** `runbook serve` of the built product, in processes of its own, over one data folder; it can be killed and started again on its port. */
export class ProductServer {
  readonly #dataDir: string;
  readonly #args: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #port = 0;
  #token = '';

  /**
   * @param args options of `runbook serve` besides the folder and the port
   * @param token the administrator's, where another server over the same database was told it
   */
  constructor({ dataDir, args, env, token = '' }: ProductServerOptions) {
    this.#dataDir = dataDir;
    this.#args = args;
    this.#token = token;
    this.#env = { ...process.env, LITELLM_PRICING_URL: 'http://127.0.0.1:9/', ...env };
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get token(): string {
    return this.#token;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts it, or starts it again. @throws what it says where it does not start */
  async start(): Promise<void> {
    this.#port ||= await freePort();
    const args = ['serve', '--data', this.#dataDir, '--port', String(this.#port), ...this.#args];
    const child = spawn(process.execPath, ['bin/runbook.js', ...args], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let said = '';
    child.stderr.on('data', (data) => {
      said += String(data);
      this.#token ||= /shown this once: (\S+)/u.exec(said)?.[1] ?? '';
    });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`runbook serve does not start: ${said}`)), START_MS);
      child.stdout.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`runbook serve ended with ${String(code)}: ${said}`)));
      child.once('close', () => clearTimeout(timer));
      child.stdout.once('data', () => clearTimeout(timer));
    });
    await until(async () => this.#token !== '');
  }

  /** Ends it in order, or at once. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** Its worker processes. */
  workers(): number[] {
    return childrenOf(this.pid).filter((pid) => commandOf(pid).includes(' worker '));
  }

  /** @throws where nobody answers */
  async ask(method: string, path: string, body?: object | FormData): Promise<Answer> {
    const isForm = body instanceof FormData;
    const started = performance.now();
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body && !isForm ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: isForm ? body : JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    return { status: response.status, body: parsed(text), ms: performance.now() - started };
  }

  async must(method: string, path: string, body?: object | FormData): Promise<unknown> {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** Makes a task; its runs are of the sample unless `initParams` say otherwise. */
  async makeTask(name: string, initParams: object = {}): Promise<void> {
    const workflow = { init_params: { ...TASK.workflow.init_params, ...initParams } };
    await this.must('POST', `/api/v1/tasks/${COLLECTION}`, { name, workflow });
  }

  /** Begins a run. @returns its trajectory id */
  async begin(task: string, initParams: object = {}): Promise<string> {
    const form = new FormData();
    form.set('init_params', JSON.stringify(initParams));
    const begun = (await this.must('POST', `/api/v1/run/${COLLECTION}/${task}`, form)) as { workflow_id: string };
    return begun.workflow_id.split('--').at(-1) ?? '';
  }
}

/** Resident memory of a process, MB; 0 where it is gone. */
export function residentMb(pid: number): number {
  const kb = /^VmRSS:\s+(\d+)/mu.exec(readProc(pid, 'status'))?.[1];
  return Number(kb ?? 0) / 1024;
}

export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .map(Number)
    .filter((child) => Number(/^PPid:\s+(\d+)/mu.exec(readProc(child, 'status'))?.[1]) === pid);
}

function commandOf(pid: number): string {
  return readProc(pid, 'cmdline').replaceAll('\0', ' ');
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

export async function until(holds: () => Promise<boolean>, everyMs = 100): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, everyMs));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
