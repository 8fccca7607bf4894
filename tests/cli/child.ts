import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';

const ROOT = path.resolve(import.meta.dirname, '../..');

export interface Built {
  /** The compiled entry. */
  main: string;
  remove(): void;
}

/** Compiles the program as `npm install` does, into a folder of its own, so that tests run what is in the tree now. */
export async function build(): Promise<Built> {
  const cache = path.join(ROOT, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const outDir = mkdtempSync(path.join(cache, 'cli-test-'));
  await execa('npx', ['--no-install', 'tsc', '-p', 'tsconfig.build.json', '--outDir', outDir], {
    cwd: ROOT,
    reject: false,
  });
  return { main: path.join(outDir, 'cli', 'main.js'), remove: () => rmSync(outDir, { recursive: true, force: true }) };
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Started {
  process: ChildProcess;
  /** Waits until stderr matches, and gives the match. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  ended: Promise<Ended>;
}

/** Starts the program in a folder with nothing of ours in its environment but what is given. */
export function start(main: string, args: string[], options: { cwd: string; env?: Record<string, string> }): Started {
  const env = {
    PATH: process.env.PATH,
    HOME: options.cwd,
    XDG_CACHE_HOME: path.join(options.cwd, '.cache'),
    ...options.env,
  };
  const child = spawn(process.execPath, [main, ...args], { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => {
      for (const listener of listeners) listener();
      resolve({ code, ...output });
    });
  });
  const says = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const check = () => {
        const match = pattern.exec(output.stderr);
        if (match) resolve(match);
        else if (child.exitCode !== null) reject(new Error(`ended without saying ${pattern}: ${output.stderr}`));
      };
      listeners.add(check);
      check();
    });
  return { process: child, says, ended };
}
