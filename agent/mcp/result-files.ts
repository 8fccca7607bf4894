import { type Dirent, readdirSync } from 'node:fs';
import path from 'node:path';
import { type McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { RunbookError } from '../../lib/errors.ts';
import type { ResultsDir } from '../../tools/results-dir.ts';
import { dataLine } from '../untrusted.ts';
import { answered } from './resource-error.ts';
import type { Workbench } from './workbench.ts';

/** Results that are text, with what they hold. */
const MEDIA: Readonly<Record<string, string>> = {
  '.md': 'text/markdown',
  '.json': 'application/json',
  '.jsonl': 'application/jsonl',
  '.csv': 'text/csv',
  '.txt': 'text/plain',
  '.svg': 'image/svg+xml',
  '.html': 'text/html',
};
/** A resource has one media type for what is listed and what is read: that of the JSON around the file's text. */
const MIME = 'application/json';
const MAX_CHARACTERS = 1_000_000;

/** Text files of the results dir as `results://PATH`, each inside JSON that says whose text it is. */
export function registerResults(server: McpServer, workbench: Workbench): void {
  const { results } = workbench;
  const template = new ResourceTemplate('results://{+path}', {
    list: () => ({
      resources: filesOf(results.root).map((name) => ({ uri: uriOf(name), name, mimeType: MIME })),
    }),
  });
  server.registerResource(
    'results',
    template,
    { title: 'Results', description: 'Text files that the tools wrote, under untrusted_data', mimeType: MIME },
    (uri, { path: given }) =>
      answered(workbench, async () => {
        const text = labelled(readableFile(results, String(given)), workbench);
        return { contents: [{ uri: uri.href, mimeType: MIME, text }] };
      }),
  );
}

function uriOf(file: string): string {
  return `results://${file.split('/').map(encodeURIComponent).join('/')}`;
}

/** The file's text as data, cut where it is too long, which the note then says. */
function labelled(file: string, workbench: Workbench): string {
  const text = workbench.clean(workbench.results.readText(file));
  const cut = text.length > MAX_CHARACTERS;
  const note = `Only the first ${MAX_CHARACTERS} of ${text.length} characters: read_artifact pages through the file.`;
  return dataLine({
    path: file,
    media_type: MEDIA[path.extname(file)],
    ...(cut ? { note } : {}),
    untrusted_data: cut ? text.slice(0, MAX_CHARACTERS) : text,
  });
}

/** The normal form of a path that may be read. @throws RunbookError `not_found`, or `io` outside the results dir */
function readableFile(results: ResultsDir, given: string): string {
  const file = results.relative(decoded(given));
  if (isHidden(file) || !results.exists(file))
    throw new RunbookError('not_found', `There is no result ${file}.`, { hint: 'resources/list names what there is.' });
  if (!(path.extname(file) in MEDIA))
    throw new RunbookError('not_found', `${file} is not served: only text files are.`, {
      hint: `Their names end in ${Object.keys(MEDIA).join(', ')}.`,
    });
  return file;
}

function decoded(given: string): string {
  try {
    return decodeURIComponent(given);
  } catch (cause) {
    throw new RunbookError('not_found', 'The address is not valid: a % in it stands alone.', { cause });
  }
}

function isHidden(file: string): boolean {
  return file.split('/').some((segment) => segment.startsWith('.'));
}

/** Paths of the files that may be read. */
function filesOf(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && path.extname(entry.name) in MEDIA)
    .map((entry) => relativeTo(root, entry))
    .filter((file) => !isHidden(file))
    .sort();
}

function relativeTo(root: string, { parentPath, name }: Dirent): string {
  return path.relative(root, path.join(parentPath, name)).split(path.sep).join('/');
}
