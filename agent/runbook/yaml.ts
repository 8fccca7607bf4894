import { LineCounter, parseDocument } from 'yaml';
import { RunbookError } from '../../lib/errors.ts';

export interface ParsedYaml {
  value: unknown;
  /** Line of the file (from 1) where a path's value stands; of the nearest parent where it is missing. */
  lineOf(path: readonly PropertyKey[]): number;
}

/**
 * Parses YAML that begins `offset` lines below the top of its file.
 * @throws RunbookError `runbook_invalid` naming file and line
 */
export function parseYaml(text: string, file: string, offset: number): ParsedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const [error] = document.errors;
  if (error) {
    const line = lines.linePos(error.pos[0]).line + offset;
    throw new RunbookError('runbook_invalid', `${file}:${line}: ${error.message.split('\n')[0]}`, {
      at: `${file}:${line}`,
      cause: error,
    });
  }
  return {
    value: document.toJS() as unknown,
    lineOf(path) {
      for (let length = path.length; length >= 0; length -= 1) {
        const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
        if (node?.range) return lines.linePos(node.range[0]).line + offset;
      }
      return offset + 1;
    },
  };
}
