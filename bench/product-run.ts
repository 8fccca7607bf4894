import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { RunEvent } from '../agent/events.ts';
import {
  diligent,
  firstText,
  isJudged,
  type MessagesBody,
  type Reply,
  startMessages,
  toolUse,
  uses,
} from '../tests/servers/messages.ts';

export interface ProductRun {
  resultsDir: string;
  events: RunEvent[];
  bodies: MessagesBody[];
  /** When each request started and when its answer had been read, in the product's own milliseconds. */
  times: { asked: number; answered: number }[];
}

type Model = (body: MessagesBody) => Reply;

/** Runs the built product on the sample in a process of its own, against a Messages API in this one. @param model null for no model */
export async function runProduct(resultsDir: string, cache: string, model: Model | null): Promise<ProductRun> {
  const server = await startMessages((body) => weighed((model ?? nobody)(body)));
  const agent = model ? 'claude' : 'scripted';
  const args = ['run', '--source', 'sample', '--agent', agent, '--results-dir', resultsDir, '--overwrite', '--quiet'];
  const env = {
    ...process.env,
    ANTHROPIC_API_KEY: 'sk-ant-of-the-bench',
    ANTHROPIC_BASE_URL: server.url,
    XDG_CACHE_HOME: cache,
    LITELLM_PRICING_URL: 'http://127.0.0.1:9/',
    BENCH_CLOCK: `${resultsDir}.clock.json`,
  };
  const argv = ['--import', path.resolve('bench/clock.mjs'), 'bin/runbook.js', ...args];
  const child = spawn(process.execPath, argv, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((resolve) => child.on('close', resolve));
  await server.close();
  if (code !== 0) throw new Error(`runbook ${args.join(' ')} ended with ${String(code)}`);
  const lines = readFileSync(path.join(resultsDir, 'events.jsonl'), 'utf8').trim().split('\n');
  const events = lines.map((line) => JSON.parse(line) as RunEvent);
  const times = JSON.parse(readFileSync(env.BENCH_CLOCK, 'utf8')) as ProductRun['times'];
  return { resultsDir, events, bodies: server.bodies, times };
}

function nobody(): Reply {
  throw new Error('no model was to be asked');
}

/** Answers count as many tokens as they have characters over four, which is the server's rule for prompts. */
export function weighed(reply: Reply): Reply {
  if (reply.kind !== 'message') return reply;
  return { ...reply, outputTokens: Math.ceil(JSON.stringify(reply.content).length / 4) };
}

/** A model that makes one reference call a turn, waits for its result, and ends the step after the last. */
export function stepwise(body: MessagesBody): Reply {
  if (isJudged(body)) return diligent(body);
  const blocks = body.messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  const made = blocks.filter(({ type }) => type === 'tool_use').length;
  const count = [...firstText(body).matchAll(/^Reference call \d+:$/gmu)].length;
  if (made < count) return uses(toolUse('run_reference_call', { number: made + 1 }));
  return uses(toolUse('finish_step', { summary: 'Done as the step file says.' }));
}
