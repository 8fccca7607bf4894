import { readFileSync } from 'node:fs';
import path from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { artifactsOf } from '../agent/artifacts.ts';
import type { RunEvent } from '../agent/events.ts';
import { type RenderedStep, renderStep } from '../agent/render.ts';
import { loadRunbook } from '../agent/runbook/load.ts';
import { toolBlocks } from '../agent/runbook/tool-blocks.ts';
import { dataLine } from '../agent/untrusted.ts';
import { type MessagesBody, says, startMessages, toolUse, uses } from '../tests/servers/messages.ts';
import { ResultsDir } from '../tools/results-dir.ts';
import { type ProductRun, weighed } from './product-run.ts';

/** Files that the public runbook does not print either: the price table, bookkeeping, and what the report is made from. */
const NOT_PRINTED = new Set(['model_pricing', 'facts', 'queries', 'report_view'].map((name) => `data/${name}.json`));
/** Tools of this product's own loop. */
const OWN_TOOLS = new Set(['finish_step', 'run_reference_call', 'read_artifact']);

interface Call {
  tool: string;
  input: unknown;
  result: string;
}

interface PublicRun {
  /** The whole runbook, every step's text with its SQL spelled out. */
  runbook: string;
  calls: Call[];
}

/** The work of a run as the public runbook does it: all steps in one text, each call with its whole input and its whole result. */
export function publicRun({ events, resultsDir }: ProductRun): PublicRun {
  const steps = renderedSteps(events, resultsDir);
  const made = steps.flatMap(({ file, rendered }) => toolBlocks(rendered.text, file, rendered.lineAt));
  const results = resultsOf(events, resultsDir);
  if (made.length !== results.length) throw new Error(`${made.length} calls, but ${results.length} results`);
  return {
    runbook: steps.map(({ number, title, rendered }) => `# Step ${number}: ${title}\n\n${rendered.text}`).join('\n\n'),
    calls: made.map(({ tool, input }, index) => ({ tool, input, result: results[index] ?? '' })),
  };
}

function renderedSteps(events: readonly RunEvent[], resultsDir: string) {
  const started = events.find((event) => event.type === 'run_started');
  const opened = events.find((event) => event.type === 'source_opened');
  if (!started || !opened) throw new Error('the log has no beginning');
  const { from, to } = opened.window;
  return loadRunbook().steps.map((step) => {
    const rendered: RenderedStep = renderStep(step, {
      params: started.params as Parameters<typeof renderStep>[1]['params'],
      window: { from: new Date(from), to: new Date(to) },
      run: { id: started.run },
      resultsDir,
      artifacts: artifactsOf(ResultsDir.open(resultsDir)),
    });
    return { number: step.number, title: step.title, file: step.file, rendered };
  });
}

/** A call's result is the data that it left, else what it answered. A file that is written again is not shown again. */
function resultsOf(events: readonly RunEvent[], resultsDir: string): string[] {
  const calls: { output: string; files: string[] }[] = [];
  const seen = new Set<string>();
  for (const event of events) {
    if (event.type === 'tool_finished') calls.push({ output: dataLine(event.output), files: [] });
    if (event.type !== 'artifact_written' || !isPrinted(event.path) || seen.has(event.path)) continue;
    seen.add(event.path);
    calls.at(-1)?.files.push(compact(event.path, readFileSync(path.join(resultsDir, event.path), 'utf8')));
  }
  return calls.map(({ output, files }) => (files.length > 0 ? files.join('\n') : output));
}

function compact(file: string, text: string): string {
  return file.endsWith('.json') ? dataLine(JSON.parse(text)) : text;
}

function isPrinted(file: string): boolean {
  return /^data\/\w+\.(?:csv|json)$/u.test(file) && !NOT_PRINTED.has(file);
}

export interface Inlined {
  calls: readonly Call[];
  /** Most characters of a result. */
  most: number;
  cached: boolean;
}

/** Makes the calls one a turn in one conversation with the runbook in its first message, and gives what each request used. */
export async function converse(
  frame: MessagesBody,
  runbook: string,
  { calls, most, cached }: Inlined,
): Promise<Anthropic.Usage[]> {
  const server = await startMessages((_body, n) => {
    const call = calls[n];
    return weighed(call ? uses(toolUse(call.tool, call.input)) : says('The runbook is done.'));
  });
  const client = new Anthropic({ apiKey: 'sk-ant-of-the-bench', baseURL: server.url });
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: runbook }];
  const used: Anthropic.Usage[] = [];
  const body = {
    model: frame.model,
    max_tokens: frame.max_tokens,
    system: (frame.system ?? []).map(({ text }) => ({ type: 'text' as const, text: String(text), ...mark(cached) })),
    tools: (frame.tools ?? []).filter(({ name }) => !OWN_TOOLS.has(name)) as Anthropic.Tool[],
    ...mark(cached),
  };
  for (const call of [...calls, undefined]) {
    const message = await client.messages.stream({ ...body, messages }).finalMessage();
    used.push(message.usage);
    const [block] = message.content;
    if (!call || block?.type !== 'tool_use') break;
    messages.push({ role: 'assistant', content: message.content as Anthropic.ContentBlockParam[] });
    const content = call.result.slice(0, most);
    messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: block.id, content }] });
  }
  await server.close();
  return used;
}

function mark(cached: boolean) {
  return cached ? { cache_control: { type: 'ephemeral' as const } } : {};
}
