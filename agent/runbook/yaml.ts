import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { messageOf, RunbookError } from '../../lib/errors.ts';

export interface ParsedYaml {
  value: unknown;
  /** Line of the file (from 1) on which a path's key stands; of the nearest parent where it is missing. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** Finds the file's line (from 1) for a line of a text inside it (from 1). */
export type LineAt = (line: number) => number;

/**
 * Parses YAML that stands somewhere in a file.
 * @throws RunbookError `runbook_invalid` naming file and line
 */
export function parseYaml(text: string, file: string, lineAt: LineAt): ParsedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const lineAtOffset = (offset: number) => lineAt(lines.linePos(offset).line);
  const refuse = (offset: number, cause: unknown) => {
    const at = `${file}:${lineAtOffset(offset)}`;
    return new RunbookError('runbook_invalid', `${at}: ${messageOf(cause)}`, { at, cause });
  };
  const [error] = document.errors;
  if (error) throw refuse(error.pos[0], error);
  try {
    return {
      value: document.toJS() as unknown,
      lineOf: (path) => lineAtOffset(offsetOf(document.contents, path)),
    };
  } catch (cause) {
    throw refuse(0, cause);
  }
}

/** Offset of a path's key, or of the deepest parent that exists. */
function offsetOf(root: unknown, path: readonly PropertyKey[]): number {
  let node = root;
  let offset = startOf(node) ?? 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (!pair) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof key === 'number') {
      node = node.items[key];
      offset = startOf(node) ?? offset;
    } else break;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: [number, number, number] } | null | undefined)?.range?.[0];
}
