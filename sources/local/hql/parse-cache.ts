import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Node } from './ast.ts';

/** Raised with the parser: another version may give other trees. */
const PARSER_VERSION = 'hogql-parser-1.3';

function folder(): string {
  const { XDG_CACHE_HOME, HOME } = process.env;
  return path.join(XDG_CACHE_HOME ?? path.join(HOME ?? tmpdir(), '.cache'), 'posthog-trace-optimizer', 'hogql');
}

function fileOf(text: string): string {
  return path.join(
    folder(),
    `${createHash('sha256').update(`${PARSER_VERSION}\u0000${text}`).digest('hex').slice(0, 40)}.json`,
  );
}

/** The tree of a text that was parsed in an earlier run; the parser takes up to a second for a long query. */
export function readParsed(text: string): Node | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(text), 'utf8')) as Node;
  } catch {
    return undefined;
  }
}

/** Keeps a tree for later runs; a cache that cannot be written is no failure. */
export function keepParsed(text: string, tree: Node): void {
  try {
    const file = fileOf(text);
    mkdirSync(path.dirname(file), { recursive: true });
    const temporary = `${file}.${randomUUID().slice(0, 8)}`;
    writeFileSync(temporary, JSON.stringify(tree));
    renameSync(temporary, file);
  } catch {
    // Nothing is lost: the text is parsed again next time.
  }
}
