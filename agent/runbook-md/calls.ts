import { isScalar, parseDocument, stringify, visit } from 'yaml';
import type { ParameterSpec } from '../runbook/manifest.ts';
import { toolBlocks } from '../runbook/tool-blocks.ts';
import { hasVariable, onlyVariable, showVariables } from './variables.ts';

/** Ends the input of a call; no YAML of ours has such a line. */
const INPUT = 'END_OF_INPUT';
const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*tool[ \t]*\n([\s\S]*?)^ {0,3}\1[ \t]*$/gmu;
/** What a call gets beside its input: the run's window and parameters, set in step 1. */
const RUN = `"\${RUN[@]}"`;

type Parameters = Readonly<Record<string, ParameterSpec>>;

/** The `tool` blocks of a step's marked text as commands. @param settings file that sets `RUN` */
export function withCommands(marked: string, file: string, parameters: Parameters, settings: string): string {
  return marked.replace(FENCE, (fence) => {
    const calls = toolBlocks(fence, file, (line) => line);
    const commands = calls.map(({ tool, input }) => commandOf(tool, input, parameters));
    return ['```bash', `source ${settings}`, ...commands, '```'].join('\n');
  });
}

function commandOf(tool: string, input: unknown, parameters: Parameters): string {
  const command = `runbook tool ${tool} --results-dir "{{results_dir}}" ${RUN}`;
  if (typeof input === 'object' && input !== null && Object.keys(input).length === 0) return command;
  return `${command} --input - <<'${INPUT}'\n${yamlOf(input, parameters)}${INPUT}`;
}

/** Input as YAML in which variables stand as `{{name}}`; a text is quoted, so that its value may hold anything that a line can. */
function yamlOf(input: unknown, parameters: Parameters): string {
  const document = parseDocument(stringify(input, { lineWidth: 0 }));
  visit(document, {
    Scalar(_key, node) {
      if (!isScalar(node) || typeof node.value !== 'string' || !hasVariable(node.value)) return;
      const name = onlyVariable(node.value);
      const isText = name === undefined || (parameters[name]?.type ?? 'string') === 'string';
      if (!node.value.includes('\n')) node.type = isText ? 'QUOTE_DOUBLE' : 'PLAIN';
    },
  });
  return showVariables(document.toString({ lineWidth: 0 }));
}

const BASH = /^```bash\nsource [^\n]*\n([\s\S]*?)^```$/gmu;
const COMMAND =
  /^runbook tool (\w+) --results-dir \S+ "\$\{RUN\[@\]\}"(?: --input - <<'END_OF_INPUT'\n([\s\S]*?)^END_OF_INPUT)?\n/gmu;

/** Commands as `withCommands` writes them, as `tool` blocks again; other commands stay as they are. */
export function withToolBlocks(text: string): string {
  return text.replace(BASH, (fence, body: string) => {
    const calls = [...body.matchAll(COMMAND)];
    if (calls.map(([all]) => all).join('') !== body) return fence;
    return calls.map(([, tool = '', input]) => `\`\`\`tool\n${blockOf(tool, input)}\`\`\``).join('\n\n');
  });
}

function blockOf(tool: string, input: string | undefined): string {
  if (input === undefined) return `${tool}: {}\n`;
  return `${tool}:\n${input.replace(/^(?=.)/gmu, '  ')}`;
}

/** The tools that a text calls. */
export function toolsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/^runbook tool (\w+)/gmu)].map(([, tool = '']) => tool))];
}
