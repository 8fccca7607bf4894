import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../../lib/errors.ts';
import { ioError } from '../../lib/files.ts';
import { placeInside } from '../record/inside.ts';

/** Bytes of a name and of each of its parts that every file system takes, in any folder. */
const MAX_NAME = 1000;
const MAX_PART = 255;

/** Writes the members of an archive, which may come from anywhere: inside the folder, and each once, also where a disk knows no case. */
export class Members {
  readonly #archive: string;
  readonly #folder: string;
  /** As a disk may know them → as they are named. */
  readonly #files = new Map<string, string>();
  readonly #folders = new Set<string>();

  /** @param archive what it is called in errors */
  constructor(archive: string, folder: string) {
    this.#archive = archive;
    this.#folder = path.resolve(folder);
  }

  get count(): number {
    return this.#files.size;
  }

  /**
   * Makes the file of a member.
   * @returns what writes its content
   * @throws Error that says why there can be no such member; RunbookError `io` where the disk does not take it
   */
  add(name: string): (data: Buffer) => void {
    const member = JSON.stringify(name);
    const file = placeInside(this.#folder, name);
    if (file === undefined) throw new Error(`${member} lies outside its folder`);
    if (isTooLong(name)) throw new Error(`the name ${member.slice(0, 60)}… is too long`);
    this.#assertNew(name, file);
    this.#attempt(member, () => {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, '', { flag: 'wx' });
    });
    return (data) => this.#attempt(member, () => appendFileSync(file, data));
  }

  #assertNew(name: string, file: string): void {
    const parts = path.relative(this.#folder, file).normalize('NFC').toLowerCase().split(path.sep);
    const key = parts.join('/');
    const above = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
    const earlier = this.#files.get(key);
    if (earlier === name) throw new Error(`${JSON.stringify(name)} comes twice`);
    if (earlier !== undefined)
      throw new Error(`${JSON.stringify(earlier)} and ${JSON.stringify(name)} differ only in case`);
    if (this.#folders.has(key) || above.some((folder) => this.#files.has(folder)))
      throw new Error(`${JSON.stringify(name)} stands against a file or a folder of the same name`);
    this.#files.set(key, name);
    for (const folder of above) this.#folders.add(folder);
  }

  /** What the system says names the temporary folder, which is nobody's business. */
  #attempt(member: string, work: () => void): void {
    try {
      work();
    } catch (cause) {
      const { hint } = ioError(this.#archive, cause);
      const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
      throw new RunbookError('io', `${this.#archive} cannot be unpacked: ${member} cannot be written (${code}).`, {
        at: this.#archive,
        cause,
        hint: hint ?? 'It is unpacked into the folder for temporary files: see whether that can be written.',
      });
    }
  }
}

function isTooLong(name: string): boolean {
  return Buffer.byteLength(name) > MAX_NAME || name.split('/').some((part) => Buffer.byteLength(part) > MAX_PART);
}
