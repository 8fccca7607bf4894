import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ofType, readRecord } from '../agent/record/read.ts';

export type Mode = 'scripted' | 'claude';

/** Runs the built product in processes of its own. */
export class Processes {
  readonly #env: NodeJS.ProcessEnv;
  readonly #source: string[];

  /** @param source arguments of `runbook run` that name the events */
  constructor({ work, modelUrl, source }: { work: string; modelUrl: string; source: string[] }) {
    this.#source = source;
    this.#env = {
      ...process.env,
      ANTHROPIC_API_KEY: 'sk-ant-of-the-bench',
      ANTHROPIC_BASE_URL: modelUrl,
      XDG_CACHE_HOME: path.join(work, 'cache'),
      LITELLM_PRICING_URL: 'http://127.0.0.1:9/',
    };
  }

  async run(mode: Mode, dir: string): Promise<void> {
    await this.#must(this.#runArgs(mode, dir));
  }

  /** @returns whether it was killed before it ended */
  runKilled(mode: Mode, dir: string, afterMs: number): Promise<boolean> {
    return this.#killed(this.#runArgs(mode, dir), afterMs);
  }

  async resumeKilled(dir: string, afterMs: number): Promise<boolean> {
    return isOpen(dir) ? this.#killed(resumeArgs(dir), afterMs) : false;
  }

  /** Goes on until the run is over. */
  async finish(mode: Mode, dir: string): Promise<void> {
    if (!isBegun(dir)) {
      rmSync(dir, { recursive: true, force: true });
      await this.run(mode, dir);
    } else if (isOpen(dir)) await this.#must(resumeArgs(dir));
  }

  async replay(dir: string): Promise<void> {
    await this.#must(['replay', dir]);
  }

  #runArgs(mode: Mode, dir: string): string[] {
    return ['run', ...this.#source, '--agent', mode, '--results-dir', dir, '--quiet'];
  }

  async #must(args: string[]): Promise<void> {
    const { code, stderr } = await this.#spawn(args);
    if (code !== 0) throw new Error(`runbook ${args.join(' ')} ended with ${String(code)}: ${stderr}`);
  }

  async #killed(args: string[], afterMs: number): Promise<boolean> {
    return (await this.#spawn(args, afterMs)).code === null;
  }

  #spawn(args: string[], killAfterMs?: number): Promise<{ code: number | null; stderr: string }> {
    const child = spawn(process.execPath, ['bin/runbook.js', ...args], {
      env: this.#env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += String(data);
    });
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    return new Promise((resolve) =>
      child.on('close', (code) => {
        clearTimeout(timer);
        resolve({ code, stderr });
      }),
    );
  }
}

function resumeArgs(dir: string): string[] {
  return ['resume', dir, '--quiet'];
}

function isBegun(dir: string): boolean {
  if (!existsSync(path.join(dir, 'events.jsonl'))) return false;
  try {
    return readRecord(dir).started !== undefined;
  } catch {
    return false; // killed while the first line was written
  }
}

function isOpen(dir: string): boolean {
  return isBegun(dir) && ofType(readRecord(dir).events, 'run_finished').length === 0;
}
