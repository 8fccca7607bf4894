import type { Command } from 'commander';
import type { BudgetLimits } from '../agent/budget-limits.ts';
import { RunbookError } from '../lib/errors.ts';

/** One option, as help shows it and commander parses it. */
export interface OptionSpec {
  flags: string;
  description: string;
  default?: string;
  required?: boolean;
}

const SOURCE: OptionSpec = {
  flags: '--source <spec...>',
  description: 'posthog, sample, or event files and folders (default: posthog, where POSTHOG_API_KEY is set)',
};
const RESULTS_DIR: OptionSpec = {
  flags: '--results-dir <dir>',
  description: 'where the results go',
  default: './results',
};
const PARAM: OptionSpec = {
  flags: '-p, --param <name=value>',
  description: 'set a parameter of the runbook (runbook show lists them); repeatable',
};
const AS_OF: OptionSpec = {
  flags: '--as-of <time>',
  description: 'what now() means, ISO 8601, UTC (default: the wall clock; for files the newest event)',
};

const PACKAGE: OptionSpec = {
  flags: '--package <spec>',
  description: 'what npm installs where a RUNBOOK.md runs: name@version, a .tgz or a git URL (default: this version)',
};

const MODEL: readonly OptionSpec[] = [
  { flags: '--model <id>', description: 'model of the agent, where one is used' },
  { flags: '--provider <name>', description: 'who serves it: anthropic, openrouter, bedrock or vertex' },
];
const BUDGET: readonly OptionSpec[] = [
  { flags: '--max-cost <usd>', description: 'stop when the agent has spent this much (default: 5)' },
  { flags: '--max-turns <n>', description: 'stop when a step takes more requests of the model (default: 40)' },
  { flags: '--max-tokens <n>', description: 'stop when the agent has used so many tokens (default: 10000000)' },
  { flags: '--max-minutes <n>', description: 'stop when the run takes longer, with an agent (default: 120)' },
];
const VIEW: readonly OptionSpec[] = [
  { flags: '--json', description: 'one JSON event a line on stdout' },
  { flags: '--quiet', description: 'no progress; failures are still said' },
];

export const RUN_OPTIONS: readonly OptionSpec[] = [
  SOURCE,
  RESULTS_DIR,
  PARAM,
  AS_OF,
  { flags: '--agent <kind>', description: 'auto, claude, claude-code or scripted', default: 'auto' },
  ...MODEL,
  ...BUDGET,
  { flags: '--rounds <n>', description: 'rounds of grading and mending, where an agent is used', default: '3' },
  { flags: '--overwrite', description: 'replace what an earlier run left in the results dir' },
  ...VIEW,
];

/** What a run that goes on may change; the rest is as it was recorded. */
const GO_ON: readonly OptionSpec[] = [
  { flags: '--agent <kind>', description: 'claude, claude-code or scripted (default: as recorded)' },
  ...MODEL,
  ...BUDGET,
  { flags: '--source <spec...>', description: 'another source (default: as recorded)' },
  AS_OF,
  ...VIEW,
];

export const RESUME_OPTIONS: readonly OptionSpec[] = [
  { flags: '--accept-changes', description: 'go on although the runbook was changed since the run began' },
  ...GO_ON,
];

export const FORK_OPTIONS: readonly OptionSpec[] = [
  { flags: '--step <n>', description: 'the first step that is performed anew', required: true },
  { flags: '--results-dir <dir>', description: 'where the results of the new run go', required: true },
  PARAM,
  { flags: '--step-file <file>', description: 'another text of that step' },
  { flags: '--runbook <dir>', description: 'another runbook (default: as recorded)' },
  ...GO_ON,
];

export const REPLAY_OPTIONS: readonly OptionSpec[] = [
  { flags: '--step <n>', description: 'this step alone' },
  { flags: '--from <n>', description: 'from this step on; those before are taken from the record' },
  { flags: '--to <n>', description: 'up to this step' },
  {
    flags: '--results-dir <dir>',
    description: 'keep what the replay leaves there, an empty folder (default: it is removed)',
  },
  { flags: '--interactive', description: 'stop before each step and each tool call; help lists what can be asked' },
  { flags: '--json', description: 'the comparison as JSON' },
];

export const DIFF_OPTIONS: readonly OptionSpec[] = [{ flags: '--json', description: 'the differences as JSON' }];

export const EXPORT_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--out <file>',
    description: 'the file to write (default: RUNBOOK.md; for a run <name>-<first 8 of the id>.run.tgz)',
  },
  PACKAGE,
];

const WHEN =
  'hourly, daily@09:00, weekdays@09:00, weekly:mon@09:00 (UTC); where the platform takes it cron: "30 7 * * 1-5 Europe/Berlin"';
const TARGET: readonly OptionSpec[] = [
  { flags: '--target <url>', description: 'the API (default: JETTY_API_URL, else https://flows-api.jetty.io)' },
  { flags: '--collection <name>', description: 'the collection that the task belongs to', required: true },
];

export const DEPLOY_OPTIONS: readonly OptionSpec[] = [
  ...TARGET,
  { flags: '--task <name>', description: 'name of the task (default: the name of the runbook)' },
  PARAM,
  { flags: '--model <id>', description: "model of the platform's agent (default: the runbook's)" },
  PACKAGE,
  { flags: '--schedule <when>', description: WHEN },
  { flags: '--set-env', description: 'set the secrets that the collection lacks and the environment here has' },
  { flags: '--run', description: 'start a run' },
  { flags: '--follow', description: 'with --run: wait for its end, fetch its results and grade them here' },
  { ...RESULTS_DIR, description: 'with --follow: where the results go' },
  { flags: '--dry-run', description: 'print every request, and send none' },
  { flags: '--json', description: 'what was done as JSON' },
];

export const SCHEDULE_LIST_OPTIONS: readonly OptionSpec[] = [
  ...TARGET,
  { flags: '--task <name>', description: 'those of one task' },
  { flags: '--json', description: 'the list as JSON' },
];

export const SCHEDULE_OPTIONS: readonly OptionSpec[] = [
  ...TARGET,
  { flags: '--task <name>', description: 'the task that it runs', required: true },
];

export const SCHEDULE_SET_OPTIONS: readonly OptionSpec[] = [
  ...SCHEDULE_OPTIONS,
  PARAM,
  { flags: '--overlap <policy>', description: 'while an earlier run goes on: skip, or queue behind it' },
  { flags: '--catch-up <policy>', description: 'what passed while no server ran: none, latest, or all' },
  { flags: '--jitter <seconds>', description: 'spreads schedules of the same minute, up to 3600' },
  { flags: '--webhook <url>', description: 'is told of the end of each run' },
];

export const IMPORT_OPTIONS: readonly OptionSpec[] = [
  { flags: '--out <dir>', description: 'the folder to write (default: the name of the runbook)' },
];

export const RUNS_OPTIONS: readonly OptionSpec[] = [{ flags: '--json', description: 'the list as JSON' }];

export const SHOW_OPTIONS: readonly OptionSpec[] = [
  { flags: '--json', description: 'the runbook or the timeline as JSON' },
];

export const GRADE_OPTIONS: readonly OptionSpec[] = [
  { flags: '--json', description: 'print grade.json' },
  {
    flags: '--junit <file>',
    description: 'write the grade as JUnit XML, for CI; - is stdout; missing folders are made',
  },
  {
    flags: '--markdown <file>',
    description: 'write the grade as Markdown, for a comment on a pull request; - is stdout',
  },
  { flags: '--rubric <file>', description: 'another rubric: YAML, or Markdown with a table # | Criterion | 5 | 3 | 1' },
  { flags: '--runbook <dir>', description: 'the runbook that was run, where it is not the PostHog Trace Optimizer' },
  {
    flags: '--judge <kind>',
    description: 'auto (a model where there is a key for one), model, or checks alone',
    default: 'auto',
  },
  {
    flags: '--judge-model <id>',
    description: 'model that judges (default: the one of the rubric, or another than the author)',
  },
  { flags: '--provider <name>', description: 'who serves it: anthropic, openrouter, bedrock or vertex' },
  { flags: '--max-cost <usd>', description: 'what the judge may cost at most (default: 1)' },
  {
    flags: '--source <spec...>',
    description: 'ask this source again whether the data files say what it says: posthog, sample, or event files',
  },
  PARAM,
  AS_OF,
];

export const TOOL_OPTIONS: readonly OptionSpec[] = [
  { flags: '--list', description: 'list the tools' },
  { flags: '--input <json>', description: 'input of the tool; - reads YAML or JSON from stdin', default: '{}' },
  SOURCE,
  RESULTS_DIR,
  PARAM,
  AS_OF,
];

export const MCP_OPTIONS: readonly OptionSpec[] = [
  { flags: '--http <port>', description: 'streamable HTTP instead of stdio; 0 takes a free port' },
  {
    flags: '--host <address>',
    description: 'with --http: where to listen (default: 127.0.0.1; elsewhere only with RUNBOOK_MCP_TOKEN)',
  },
  SOURCE,
  RESULTS_DIR,
  PARAM,
  AS_OF,
];

const DATA: OptionSpec = {
  flags: '--data <dir>',
  description: 'where the installation keeps what it keeps (default: RUNBOOK_DATA, or a folder of the user)',
};

export const PLATFORM_OPTIONS: readonly OptionSpec[] = [
  DATA,
  { flags: '--host <address>', description: 'address to listen on', default: '127.0.0.1' },
  { flags: '--port <n>', description: 'port; 0 takes a free one', default: '4310' },
  { flags: '--workers <n>', description: 'worker processes of this server', default: '1' },
  { flags: '--collection-concurrency <n>', description: 'runs of a collection that go on at once', default: '20' },
  { flags: '--worker-concurrency <n>', description: 'runs that one worker performs at once', default: '20' },
];

export const WORKER_OPTIONS: readonly OptionSpec[] = [DATA];

export const SERVE_OPTIONS: readonly OptionSpec[] = [
  { flags: '--port <n>', description: 'port on 127.0.0.1; 0 takes a free one', required: true },
  { flags: '--as-of <time>', description: 'what now() means, ISO 8601, UTC (default: the newest event)' },
];

/** Adds options to a command; `-p` may be given again and again, each with one pair. */
export function addOptions(command: Command, specs: readonly OptionSpec[]): void {
  for (const spec of specs) {
    const { flags, description } = spec;
    if (spec === PARAM) command.option(flags, description, (pair: string, pairs: string[] = []) => [...pairs, pair]);
    else if (spec.required) command.requiredOption(flags, description);
    else if (spec.default !== undefined) command.option(flags, description, spec.default);
    else command.option(flags, description);
  }
}

/** `name=value` pairs. @throws RunbookError `usage` naming the pair that is none */
export function parsePairs(pairs: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
      throw new RunbookError('usage', `-p ${pair}: must be name=value.`, {
        at: '-p',
        hint: 'For instance: -p window_days=90',
      });
    }),
  );
}

/** An ISO 8601 time or day; UTC where it names no zone. @throws RunbookError `usage` */
export function parseTime(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const zoned = /^\d{4}-\d\d-\d\d$|z$|[+-]\d\d:?\d\d$/iu.test(text);
  const date = /^\d{4}-\d\d-\d\d/u.test(text) ? new Date(zoned ? text : `${text}Z`) : new Date(Number.NaN);
  // February 31 would become March 3.
  if (!Number.isNaN(date.getTime()) && isDay(text)) return date;
  throw new RunbookError('usage', `--as-of ${text}: is no time.`, {
    at: '--as-of',
    hint: 'Give ISO 8601, for instance 2026-10-01T00:00:00Z.',
  });
}

/** Whether the day that a date names is one of its month's. */
function isDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  return day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** @throws RunbookError `usage` unless the text is a whole number of that range */
export function parseInteger(flag: string, text: string, range: { min: number; max: number }): number {
  const value = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  throw new RunbookError('usage', `${flag} ${text}: must be a whole number from ${range.min} to ${range.max}.`, {
    at: flag,
  });
}

/** `--max-cost`, USD. @throws RunbookError `usage` */
export function parseCost(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const cost = Number(text);
  if (Number.isFinite(cost) && cost > 0) return cost;
  throw new RunbookError('usage', `--max-cost ${text}: must be an amount in USD above 0.`, { at: '--max-cost' });
}

export interface BudgetFlags {
  maxCost?: string;
  maxTurns?: string;
  maxTokens?: string;
  maxMinutes?: string;
}

/** What an agent may use at most, as far as it is given. @throws RunbookError `usage` */
export function parseBudget(flags: BudgetFlags): Partial<BudgetLimits> {
  const whole = (flag: string, text: string | undefined, max: number) =>
    text === undefined ? undefined : parseInteger(flag, text, { min: 1, max });
  const minutes = whole('--max-minutes', flags.maxMinutes, 10_080);
  const given = {
    costUsd: parseCost(flags.maxCost),
    turnsPerStep: whole('--max-turns', flags.maxTurns, 1000),
    tokens: whole('--max-tokens', flags.maxTokens, 1e12),
    seconds: minutes === undefined ? undefined : minutes * 60,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
