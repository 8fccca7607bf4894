import path from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { onTestFinished } from 'vitest';
import type { BudgetLimits } from '../../../agent/budget-limits.ts';
import type { Driver } from '../../../agent/driver.ts';
import { Budget, DEFAULT_LIMITS } from '../../../agent/drivers/claude/budget.ts';
import { claudeDriver } from '../../../agent/drivers/claude/driver.ts';
import { agentModel } from '../../../agent/drivers/claude/models.ts';
import { claudeCodeDriver } from '../../../agent/drivers/claude-code/driver.ts';
import type { RunEvent } from '../../../agent/events.ts';
import { liveSource } from '../../../agent/opened-source.ts';
import { runRunbook } from '../../../agent/run.ts';
import { loadRunbook } from '../../../agent/runbook/load.ts';
import type { Runbook } from '../../../agent/runbook/manifest.ts';
import type { Source } from '../../../sources/source.ts';
import {
  type MessagesBody,
  type MessagesServer,
  type Reply,
  startMessages,
  throughClaudeCode,
} from '../../servers/messages.ts';
import { assertReadable, fixedSource, manifestOf, step, temporaryFolder, toyRunbook } from '../toy.ts';

export const KEY = 'sk-ant-a-key-of-this-test';
export const OUTPUTS = 'tools: [write_artifact, hogql_query]\noutputs: [data/a.json]';
export const BODY = '```tool\nwrite_artifact:\n  path: data/a.json\n  content: "[1]"\n```\n';

export interface Performed {
  exit: number;
  events: RunEvent[];
  server: MessagesServer;
  dir: string;
}

interface PerformOptions {
  limits?: Partial<BudgetLimits>;
  steps?: string[];
  signal?: AbortSignal;
  rows?: unknown[][];
  /** In place of one that answers every query with the rows. */
  source?: () => Promise<Source>;
  /** Claude Code's own tools that the runbook allows. */
  builtinTools?: string[];
  onEvent?: (event: RunEvent) => void;
}

interface AgentOptions {
  agent?: 'claude' | 'claude-code';
  /** Instead of Claude Code. */
  program?: string;
  idleMs?: number;
}

/** Runs a toy runbook of one step (or the given ones) with a model that answers as `next` says. */
export async function perform(
  next: (body: MessagesBody, n: number) => Reply,
  options: PerformOptions & AgentOptions = {},
): Promise<Performed> {
  const agent = options.agent ?? 'claude';
  const server = await startMessages(agent === 'claude' ? next : throughClaudeCode(next));
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  return performDriver((runbook) => driverOf({ ...options, runbook, limits, url: server.url }), { ...options, server });
}

/** The same with any driver that asks the server. */
export async function performDriver(
  make: (runbook: Runbook) => Driver | Promise<Driver>,
  { server, ...options }: PerformOptions & { server: MessagesServer },
): Promise<Performed> {
  onTestFinished(() => server.close());
  const bodies = options.steps ?? [step('one', BODY, OUTPUTS)];
  const files = bodies.map((body, index) => [`steps/0${index + 1}.md`, body] as const);
  const manifest = `${manifestOf(...files.map(([file]) => file))}builtin_tools: [${(options.builtinTools ?? []).join(', ')}]\n`;
  const runbook = loadRunbook(toyRunbook({ 'runbook.yaml': manifest, ...Object.fromEntries(files) }));
  const events: RunEvent[] = [];
  const dir = path.join(temporaryFolder(), 'out');
  const { exitCode } = await runRunbook(
    {
      runbook,
      open: liveSource(options.source ?? (() => Promise.resolve(fixedSource(() => options.rows ?? [[1]])))),
      asked: { specs: ['toy'], as_of: null },
      resultsDir: dir,
      overwrite: false,
      parameters: {},
      driver: await make(runbook),
      rounds: 1,
      note: '',
      env: { ANTHROPIC_API_KEY: KEY },
      signal: options.signal ?? new AbortController().signal,
    },
    (event) => {
      events.push(event);
      options.onEvent?.(event);
    },
  );
  assertReadable(events);
  return { exit: exitCode, events, server, dir };
}

export const of = <T extends RunEvent['type']>(events: RunEvent[], type: T) =>
  events.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);
export const failure = ({ events }: Performed) =>
  of(events, 'step_failed').map(({ code, message }) => `${code}: ${message}`)[0];
export const lastResult = (body: MessagesBody | undefined) => {
  const content = body?.messages.at(-1)?.content;
  return Array.isArray(content)
    ? content.map((block) => String(block.content ?? block.text)).join('\n')
    : String(content);
};

async function driverOf({
  agent = 'claude',
  runbook,
  limits,
  url,
  program,
  idleMs,
}: AgentOptions & { runbook: Runbook; limits: BudgetLimits; url: string }): Promise<Driver> {
  const provider = 'anthropic';
  const model = await agentModel('anthropic/claude-sonnet-4.6', provider);
  if (agent === 'claude-code') {
    const env = { ...process.env, ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: url };
    return claudeCodeDriver({
      runbook,
      budget: new Budget(limits),
      model,
      provider,
      env,
      ...(program === undefined ? {} : { program }),
      ...(idleMs === undefined ? {} : { pauses: { idleMs } }),
    });
  }
  const client = new Anthropic({ apiKey: KEY, baseURL: url, maxRetries: 0, logLevel: 'off' });
  return claudeDriver({
    client,
    provider,
    model,
    runbook,
    budget: new Budget(limits),
    pauses: { idleMs: 400, firstPauseS: 0.01 },
  });
}
