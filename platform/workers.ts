import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';

/** A worker that ended is started again after this, ms; longer each time it ends at once. */
const FIRST_PAUSE_MS = 500;
const MOST_PAUSE_MS = 30_000;
/** Lived so long: what ended it is no fault of its start, ms. */
const HEALTHY_MS = 60_000;
const STOP_MS = 30_000;

/** Worker processes of a server: each is started again where it ends. They end where the server is killed: the channel between them closes. */
export class Workers {
  readonly #command: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #children = new Set<ChildProcess>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopping = false;

  /** @param command program and arguments of one worker */
  constructor({ command, env, count }: { command: readonly string[]; env: NodeJS.ProcessEnv; count: number }) {
    this.#command = command;
    this.#env = env;
    for (let made = 0; made < count; made += 1) this.#start(FIRST_PAUSE_MS);
  }

  /** Ends them in order; their runs stay open for others. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    const ends = [...this.#children].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of this.#children) child.kill('SIGTERM');
    const killer = setTimeout(() => {
      for (const child of this.#children) child.kill('SIGKILL');
    }, STOP_MS);
    await Promise.all(ends);
    clearTimeout(killer);
  }

  #start(pauseMs: number): void {
    const [program = '', ...args] = this.#command;
    const child = spawn(program, args, { env: this.#env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    giveWay(child.pid);
    const started = performance.now();
    this.#children.add(child);
    const over = () => {
      if (!this.#children.delete(child) || this.#stopping) return;
      const wait = performance.now() - started > HEALTHY_MS ? FIRST_PAUSE_MS : pauseMs;
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#start(Math.min(2 * wait, MOST_PAUSE_MS));
      }, wait);
      this.#timers.add(timer);
    };
    child.once('exit', over);
    child.once('error', over);
  }
}

/** Whoever asks the server does not wait for the work of its runs. */
function giveWay(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It ended at once, or may not be told: the runs are made as well.
  }
}
