import { existsSync, lstatSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { messageOf, RunbookError } from '../lib/errors.ts';
import { makeFolder, readPlainFile, writeFileAtomic } from '../lib/files.ts';
import { ownerOf } from './owned-artifacts.ts';

interface Rules {
  /** Takes secrets out of what is written. */
  scrub(text: string): string;
  /** Why a file may not be written; undefined where it may. */
  refuse(file: string): string | undefined;
}

const NO_RULES: Rules = { scrub: (text) => text, refuse: () => undefined };

/**
 * The only place that tools write to. Paths are relative, stay inside (no `..`, no absolute path, no symlink out) and are never hidden
 * (`.env`), and every write is atomic: readers see the old file or the new one. No text is written with a secret of the environment in it,
 * also where a trace holds one.
 */
export class ResultsDir {
  readonly root: string;
  readonly #rules: Rules;

  private constructor(root: string, rules: Partial<Rules> = {}) {
    this.root = root;
    this.#rules = { ...NO_RULES, ...rules };
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
    return new ResultsDir(realpathSync(root), options.scrub ? { scrub: options.scrub } : {});
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

  /** The same folder for a caller that may not write every file. @param refuse why a file may not be written, or undefined */
  guarded(refuse: Rules['refuse']): ResultsDir {
    return new ResultsDir(this.root, { ...this.#rules, refuse });
  }

  /** Absolute path of a file inside. @throws RunbookError `io` when it would lie outside, is hidden, or can be no file */
  resolve(relative: string): string {
    const full = path.resolve(this.root, relative);
    if (relative.includes('\0') || path.isAbsolute(relative) || !full.startsWith(this.root + path.sep)) {
      throw this.#outside(relative);
    }
    if (
      path
        .relative(this.root, full)
        .split(path.sep)
        .some((part) => part.startsWith('.'))
    )
      throw new RunbookError('io', `${JSON.stringify(relative)} is hidden: such files are neither read nor written.`, {
        at: relative,
        hint: 'Choose a name without a leading dot.',
      });
    try {
      this.#assertInside(relative, full);
    } catch (cause) {
      if (cause instanceof RunbookError) throw cause;
      throw new RunbookError('io', `${JSON.stringify(relative)} can be no file here: ${codeOf(cause)}.`, {
        at: relative,
        hint: 'Choose another path: short, in folders, not below a file.',
        cause,
      });
    }
    return full;
  }

  /** A link in the path could lead out. */
  #assertInside(relative: string, full: string): void {
    for (let dir = path.dirname(full); dir.length >= this.root.length; dir = path.dirname(dir)) {
      if (!existsSync(dir)) continue;
      const real = realpathSync(dir);
      if (real !== this.root && !real.startsWith(this.root + path.sep)) throw this.#outside(relative);
      break;
    }
    if (lstatSync(full, { throwIfNoEntry: false })?.isSymbolicLink()) throw this.#outside(relative);
  }

  /** The normal form of a path inside (`data/../data/x.csv` → `data/x.csv`). @throws RunbookError `io` */
  relative(file: string): string {
    return path.relative(this.root, this.resolve(file)).split(path.sep).join('/');
  }

  exists(relative: string): boolean {
    return existsSync(this.resolve(relative));
  }

  /** @throws RunbookError `io` where there is none, it is no plain file, or it is larger than results are */
  readText(relative: string): string {
    try {
      return readPlainFile(this.root, this.relative(relative)).toString('utf8');
    } catch (cause) {
      if (cause instanceof RunbookError) throw cause;
      throw notRead(relative, cause);
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

  /** @throws RunbookError `io`; `tool_input` for a file that this caller may not write */
  async write(relative: string, content: string | Uint8Array): Promise<void> {
    const file = this.relative(relative);
    const why = this.#rules.refuse(file);
    if (why !== undefined)
      throw new RunbookError('tool_input', `${file} ${why}.`, { at: 'path', hint: 'Choose another name.' });
    await writeFileAtomic(this.resolve(file), typeof content === 'string' ? this.#rules.scrub(content) : content);
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

function codeOf(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? messageOf(cause);
}

/** Says which tool writes what is not there yet, and no absolute path. */
function notRead(file: string, cause: unknown): RunbookError {
  const code = codeOf(cause);
  const owner = ownerOf(file);
  if (code === 'ENOENT')
    return new RunbookError('io', `There is no ${file} yet.`, {
      at: file,
      cause,
      hint: owner ? `${owner} writes it: call it first.` : 'An earlier step writes it: perform that first.',
    });
  const what = code === messageOf(cause) ? `it ${code}` : code;
  return new RunbookError('io', `${file} cannot be read: ${what}.`, { at: file, cause });
}
