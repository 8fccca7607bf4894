import type { Command } from 'commander';
import { callTool } from '../../agent/call-tool.ts';
import { resolveParameters } from '../../agent/parameters.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { RunbookError } from '../../lib/errors.ts';
import { openSource } from '../../sources/open-source.ts';
import { FactStore } from '../../tools/facts.ts';
import { toolSummaries } from '../../tools/registry.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import { loadEnv } from '../env.ts';
import { addOptions, parsePairs, parseTime, RUN_OPTIONS } from '../options.ts';

interface ToolFlags {
  list?: boolean;
  input: string;
  source?: string[];
  resultsDir: string;
  param?: string[];
  asOf?: string;
}

export function addTool(program: Command): void {
  const command = program
    .command('tool')
    .argument('[name]', 'tool to run')
    .option('--list', 'list the tools')
    .option('--input <json>', 'input of the tool', '{}')
    .description('Run one tool and print its output as JSON.');
  addOptions(command, RUN_OPTIONS.slice(0, 4)).action(runTool);
}

async function runTool(name: string | undefined, flags: ToolFlags): Promise<void> {
  if (flags.list || name === undefined) {
    const tools = await toolSummaries();
    const width = Math.max(...tools.map((tool) => tool.name.length));
    process.stdout.write(tools.map((tool) => `${tool.name.padEnd(width)}  ${tool.summary}\n`).join(''));
    return;
  }
  const env = loadEnv();
  const asOf = parseTime(flags.asOf);
  const source = await openSource(flags.source ?? ['posthog'], { env, ...(asOf ? { asOf } : {}) });
  try {
    await source.open();
    const params = resolveParameters(loadRunbook().manifest, parsePairs(flags.param));
    const to = source.now();
    const results = ResultsDir.create(flags.resultsDir, { overwrite: true });
    const context = {
      source,
      results,
      facts: new FactStore(results),
      params,
      window: { from: new Date(to.getTime() - Number(params.window_days) * 86_400_000), to },
      signal: new AbortController().signal,
      progress: (message: string) => process.stderr.write(`${message}\n`),
    };
    const call = { step: 0, tool: name, input: parseInput(flags.input), placeOf: () => '--input' };
    const output = await callTool(call, context, () => undefined);
    process.stdout.write(`${JSON.stringify(output, null, 2)}\n`);
  } finally {
    await source.close();
  }
}

function parseInput(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RunbookError('usage', `--input is not valid JSON: ${(cause as Error).message}`, { at: '--input', cause });
  }
}
