import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * A folder of its own for a step's process: settings and secrets of the person who started it are not the program's. It goes away with
 * `remove`, at the latest when this process exits.
 */
export class CliHome {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'runbook-claude-code-'));
  /** Where the program works. It is empty: built-in tools look here first, and the tools' token stands elsewhere. */
  readonly workDir = path.join(this.dir, 'work');

  constructor() {
    mkdirSync(this.workDir);
    process.once('exit', this.#atExit);
  }

  /** Only its owner reads it: the tools' token is in it. */
  write(name: string, text: string): string {
    const file = path.join(this.dir, name);
    writeFileSync(file, text, { mode: 0o600 });
    chmodSync(file, 0o600);
    return file;
  }

  remove(): void {
    process.off('exit', this.#atExit);
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }

  /** An impatient interruption leaves no time for anything else. */
  readonly #atExit = () => {
    try {
      this.remove();
    } catch {
      // The program may still write there; nobody is left to be told.
    }
  };
}
