import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import { printable } from '../printable.ts';

export interface Command {
  word: string;
  rest: string;
}

/** Short forms, and words that other debuggers have for the same. */
const ALIASES: Record<string, string> = {
  n: 'next',
  i: 'into',
  o: 'out',
  c: 'continue',
  b: 'break',
  s: 'show',
  d: 'diff',
  q: 'quit',
  h: 'help',
  '?': 'help',
  exit: 'quit',
};

/** Lines of a terminal or a pipe as commands, and texts back. */
export class Commands {
  readonly #output: NodeJS.WritableStream;
  readonly #lines: AsyncIterator<string>;
  readonly #isTerminal: boolean;
  readonly #close: () => void;
  #last = '';

  constructor(input: NodeJS.ReadStream, output: NodeJS.WriteStream) {
    this.#output = output;
    this.#isTerminal = Boolean(input.isTTY && output.isTTY);
    const lines = createInterface({ input, ...(this.#isTerminal ? { output } : {}), terminal: this.#isTerminal });
    this.#lines = lines[Symbol.asyncIterator]();
    this.#close = () => lines.close();
    this.#prompt = (text) => {
      if (!this.#isTerminal) this.#output.write(text);
      else {
        lines.setPrompt(text);
        lines.prompt();
      }
    };
  }

  readonly #prompt: (text: string) => void;

  say(text: string): void {
    this.#output.write(`${printable(text).trimEnd()}\n`);
  }

  /** The next command; the end of the input leaves, an empty line does the last one again. */
  async next(prompt: string): Promise<Command> {
    this.#prompt(prompt);
    const { value, done } = await this.#lines.next();
    if (done) return { word: 'quit', rest: '' };
    if (!this.#isTerminal) this.#output.write('\n');
    const line = value.trim() === '' ? this.#last : value.trim();
    this.#last = line;
    const [word = '', ...rest] = line.split(/\s+/u);
    return { word: ALIASES[word] ?? word, rest: line.slice(word.length).trim() || rest.join(' ') };
  }

  /** A JSON value: the text, or what an editor makes of the value. @throws RunbookError `usage` for what is no JSON */
  async json(text: string, value: unknown): Promise<unknown> {
    const source = text === '' ? this.#edit(JSON.stringify(value, null, 2)) : text;
    try {
      return JSON.parse(source);
    } catch (error) {
      throw new RunbookError('usage', `That is no JSON: ${messageOf(error)}`, { hint: 'The input stays as it was.' });
    }
  }

  close(): void {
    this.#close();
  }

  #edit(text: string): string {
    const editor = process.env.VISUAL || process.env.EDITOR;
    if (!this.#isTerminal || !editor)
      throw new RunbookError('usage', 'edit takes the new input as JSON.', {
        hint: 'Set $EDITOR to edit it in a file.',
      });
    const folder = mkdtempSync(path.join(tmpdir(), 'replay-'));
    try {
      const file = path.join(folder, 'input.json');
      writeFileSync(file, text, { mode: 0o600 });
      spawnSync(editor, [file], { stdio: 'inherit', shell: false });
      return readFileSync(file, 'utf8');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
