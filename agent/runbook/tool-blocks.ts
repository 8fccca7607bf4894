import { RunbookError } from '../../lib/errors.ts';
import { parseYaml } from './yaml.ts';

/** One reference call of a step: a tool, its input, and where it stands. */
export interface ToolBlock {
  tool: string;
  input: unknown;
  /** Line of the rendered step file (from 1). */
  line: number;
  lineOf(path: readonly PropertyKey[]): number;
}

/**
 * The `tool` blocks of a rendered step in order. A block is one mapping `tool: input`, or a list of them.
 * @param firstLine line of the file on which the text begins
 * @throws RunbookError `runbook_invalid` naming file and line
 */
export function toolBlocks(markdown: string, file: string, firstLine: number): ToolBlock[] {
  const blocks: ToolBlock[] = [];
  const lines = markdown.split(/\r?\n/u);
  for (let at = 0; at < lines.length; at += 1) {
    const fence = /^(`{3,}|~{3,})\s*(\S*)/u.exec(lines[at] ?? '');
    if (!fence) continue;
    const end = closing(lines, at + 1, fence[1] ?? '```');
    if (fence[2] === 'tool') {
      if (end === lines.length)
        throw new RunbookError('runbook_invalid', `${file}:${firstLine + at}: the tool block is not closed.`, {
          at: `${file}:${firstLine + at}`,
        });
      blocks.push(...readBlock(lines.slice(at + 1, end).join('\n'), file, firstLine + at));
    }
    at = end;
  }
  return blocks;
}

function closing(lines: string[], from: number, fence: string): number {
  const at = lines.findIndex(
    (line, index) => index >= from && line.trim().startsWith(fence) && /^[`~]+$/u.test(line.trim()),
  );
  return at < 0 ? lines.length : at;
}

function readBlock(text: string, file: string, fenceLine: number): ToolBlock[] {
  const parsed = parseYaml(text, file, fenceLine);
  const list = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  return list.flatMap((item: unknown, index) => {
    const base = Array.isArray(parsed.value) ? [index] : [];
    if (typeof item !== 'object' || item === null || Array.isArray(item)) {
      const line = parsed.lineOf(base);
      throw new RunbookError('runbook_invalid', `${file}:${line}: a tool block holds "tool_name: {input}".`, {
        at: `${file}:${line}`,
      });
    }
    return Object.entries(item).map(([tool, input]) => ({
      tool,
      input: input ?? {},
      line: parsed.lineOf([...base, tool]),
      lineOf: (path: readonly PropertyKey[]) => parsed.lineOf([...base, tool, ...path]),
    }));
  });
}
