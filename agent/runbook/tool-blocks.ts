import { RunbookError } from '../../lib/errors.ts';
import { type LineAt, type ParsedYaml, parseYaml } from './yaml.ts';

/** One reference call of a step: a tool, its input, and where it stands. */
export interface ToolBlock {
  tool: string;
  input: unknown;
  /** Which of the step's fences holds it, from 1. */
  fence: number;
  /** Line of the step file (from 1). */
  line: number;
  /** Line of the step file on which a field of the input stands. */
  lineOf(path: readonly PropertyKey[]): number;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*(\S*)/u;

/**
 * The `tool` blocks of a rendered step in order. A block is one mapping `tool: input`, or a list of them.
 * @param lineAt finds the file's line for a line of the text (both from 1)
 * @throws RunbookError `runbook_invalid` naming file and line
 */
export function toolBlocks(markdown: string, file: string, lineAt: LineAt): ToolBlock[] {
  const blocks: ToolBlock[] = [];
  let fences = 0;
  const lines = markdown.split(/\r?\n/u);
  for (let index = 0; index < lines.length; index += 1) {
    const fence = FENCE.exec(lines[index] ?? '');
    if (!fence) continue;
    const start = index + 1;
    const end = closing(lines, start, fence[1] ?? '```');
    if (fence[2] === 'tool') {
      if (end === lines.length) throw invalid(file, lineAt(start), 'the tool block is not closed');
      const text = lines.slice(start, end).join('\n');
      fences += 1;
      const number = fences;
      blocks.push(
        ...readBlock(text, file, (line) => lineAt(start + line)).map((block) => ({ ...block, fence: number })),
      );
    }
    index = end;
  }
  return blocks;
}

function closing(lines: string[], from: number, fence: string): number {
  const mark = fence[0] === '~' ? /^ {0,3}~+\s*$/u : /^ {0,3}`+\s*$/u;
  const end = lines.findIndex((line, index) => index >= from && mark.test(line) && line.trim().length >= fence.length);
  return end < 0 ? lines.length : end;
}

function readBlock(text: string, file: string, lineAt: LineAt): Omit<ToolBlock, 'fence'>[] {
  const parsed = parseYaml(text, file, lineAt);
  if (!Array.isArray(parsed.value)) return readCalls(parsed.value, [], parsed, file);
  return parsed.value.flatMap((item: unknown, index) => readCalls(item, [index], parsed, file));
}

function readCalls(item: unknown, base: PropertyKey[], parsed: ParsedYaml, file: string): Omit<ToolBlock, 'fence'>[] {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw invalid(file, parsed.lineOf(base), 'a tool block holds "tool_name: {input}"');
  }
  return Object.entries(item).map(([tool, input]) => ({
    tool,
    input: (input as unknown) ?? {},
    line: parsed.lineOf([...base, tool]),
    lineOf: (path) => parsed.lineOf([...base, tool, ...path]),
  }));
}

function invalid(file: string, line: number, problem: string): RunbookError {
  return new RunbookError('runbook_invalid', `${file}:${line}: ${problem}.`, {
    at: `${file}:${line}`,
    hint: 'A tool block is a fenced block with the info string "tool" that holds YAML: a tool name with its input.',
  });
}
