import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Raised with the parser: another version may give other trees. */
const PARSER_VERSION = 'hogql-parser-1.3';
/** Shorter texts are parsed as quickly as a file is read. */
const MIN_LENGTH = 100;

/** What the parser gave for this text in an earlier run. It is only a tree: names and functions are checked each time anew. */
export function readParsed(text: string): string | undefined {
  if (text.length < MIN_LENGTH) return undefined;
  try {
    const json = readFileSync(fileOf(text), 'utf8');
    JSON.parse(json);
    return json;
  } catch {
    return undefined;
  }
}

/** Keeps an answer for later runs; a cache that cannot be written is no failure. */
export function keepParsed(text: string, json: string): void {
  if (text.length < MIN_LENGTH) return;
  try {
    const file = fileOf(text);
    mkdirSync(path.dirname(file), { recursive: true });
    const temporary = `${file}.${randomUUID().slice(0, 8)}`;
    writeFileSync(temporary, json);
    renameSync(temporary, file);
  } catch {
    // Nothing is lost: the text is parsed again next time.
  }
}

function fileOf(text: string): string {
  const { XDG_CACHE_HOME, HOME } = process.env;
  const root = XDG_CACHE_HOME ?? path.join(HOME ?? tmpdir(), '.cache');
  const name = createHash('sha256').update(`${PARSER_VERSION}\n${text}`).digest('hex').slice(0, 40);
  return path.join(root, 'posthog-trace-optimizer', 'hogql-trees', `${name}.json`);
}
