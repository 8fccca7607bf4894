import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../lib/errors.ts';
import { makeFolder, writeFileAtomic } from '../lib/files.ts';

/**
 * The only place that tools write to. Paths are relative, stay inside (no `..`, no absolute path, no symlink out), and
 * every write is atomic: readers see the old file or the new one. No text is written with a secret of the environment in it, also where a
 * trace holds one.
 */
export class ResultsDir {
  readonly root: string;
  readonly #scrub: (text: string) => string;

  private constructor(root: string, scrub: (text: string) => string = (text) => text) {
    this.root = root;
    this.#scrub = scrub;
  }

  /**
   * Opens a results dir for a new run.
   * @throws RunbookError `usage` when it is not empty and `overwrite` is false; `io` when it cannot be made or written.
   */
  static create(dir: string, options: { overwrite: boolean; scrub?: (text: string) => string }): ResultsDir {
    if (dir.trim() === '')
      throw new RunbookError('usage', '--results-dir is empty.', { hint: 'Give a folder: --results-dir results.' });
    const root = path.resolve(dir);
    try {
      makeFolder(root);
    } catch (cause) {
      throw new RunbookError('io', `The results dir ${root} cannot be made: ${(cause as Error).message}`, {
        cause,
        hint: 'Choose another folder with --results-dir.',
      });
    }
    if (!options.overwrite && readdirSync(root).length > 0) {
      throw new RunbookError('usage', `The results dir ${root} is not empty.`, {
        hint: 'Choose another folder with --results-dir, or add --overwrite to replace what an earlier run left there.',
      });
    }
    return new ResultsDir(realpathSync(root), options.scrub);
  }

  /** Opens an existing results dir. @throws RunbookError `usage` when there is none. */
  static open(dir: string): ResultsDir {
    const root = path.resolve(dir);
    if (!existsSync(root) || !lstatSync(realpathSync(root)).isDirectory()) {
      throw new RunbookError('usage', `There is no results dir at ${root}.`, {
        hint: 'Give the folder that a run wrote.',
      });
    }
    return new ResultsDir(realpathSync(root));
  }

  /** Absolute path of a file inside. @throws RunbookError `io` when it would lie outside. */
  resolve(relative: string): string {
    const full = path.resolve(this.root, relative);
    if (relative.includes('\0') || path.isAbsolute(relative) || !full.startsWith(this.root + path.sep)) {
      throw this.#outside(relative);
    }
    for (let dir = path.dirname(full); dir.length >= this.root.length; dir = path.dirname(dir)) {
      if (!existsSync(dir)) continue;
      const real = realpathSync(dir);
      if (real !== this.root && !real.startsWith(this.root + path.sep)) throw this.#outside(relative);
      break;
    }
    if (lstatSync(full, { throwIfNoEntry: false })?.isSymbolicLink()) throw this.#outside(relative);
    return full;
  }

  /** The normal form of a path inside (`data/../data/x.csv` → `data/x.csv`). @throws RunbookError `io` */
  relative(file: string): string {
    return path.relative(this.root, this.resolve(file)).split(path.sep).join('/');
  }

  exists(relative: string): boolean {
    return existsSync(this.resolve(relative));
  }

  readText(relative: string): string {
    try {
      return readFileSync(this.resolve(relative), 'utf8');
    } catch (cause) {
      if (cause instanceof RunbookError) throw cause;
      throw new RunbookError('io', `${relative} cannot be read: ${(cause as Error).message}`, { at: relative, cause });
    }
  }

  readJson(relative: string): unknown {
    try {
      return JSON.parse(this.readText(relative));
    } catch (cause) {
      if (cause instanceof RunbookError) throw cause;
      throw new RunbookError('io', `${relative} is not valid JSON: ${(cause as Error).message}`, {
        at: relative,
        cause,
      });
    }
  }

  async write(relative: string, content: string | Uint8Array): Promise<void> {
    await writeFileAtomic(this.resolve(relative), typeof content === 'string' ? this.#scrub(content) : content);
  }

  async writeJson(relative: string, value: unknown): Promise<void> {
    await this.write(relative, `${JSON.stringify(value, null, 2)}\n`);
  }

  #outside(relative: string): RunbookError {
    return new RunbookError('io', `${JSON.stringify(relative)} lies outside the results dir.`, {
      at: relative,
      hint: 'Give a path relative to the results dir, without "..".',
    });
  }
}
