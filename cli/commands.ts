import {
  DEPLOY_OPTIONS,
  DIFF_OPTIONS,
  EXPORT_OPTIONS,
  FORK_OPTIONS,
  GRADE_OPTIONS,
  IMPORT_OPTIONS,
  MCP_OPTIONS,
  type OptionSpec,
  PLATFORM_OPTIONS,
  REPLAY_OPTIONS,
  RESUME_OPTIONS,
  RUN_OPTIONS,
  RUNS_OPTIONS,
  SCHEDULE_LIST_OPTIONS,
  SCHEDULE_OPTIONS,
  SCHEDULE_SET_OPTIONS,
  SERVE_OPTIONS,
  SHOW_OPTIONS,
  TOOL_OPTIONS,
  WORKER_OPTIONS,
} from './options.ts';
import type { Register } from './register.ts';

export interface CommandSpec {
  /** One word, or two for a command of a group (`source serve`). */
  name: string;
  /** Arguments, as commander writes them; empty for none. */
  args: string;
  summary: string;
  options: readonly OptionSpec[];
  /** Commands are heavy: each is loaded only when it is the one. */
  load(): Promise<Register>;
}

/** The one table of commands: help, parsing and suggestions are made from it. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'run',
    args: '[runbook]',
    summary: 'perform a runbook (default: the PostHog Trace Optimizer)',
    options: RUN_OPTIONS,
    load: async () => (await import('./commands/run.ts')).run,
  },
  {
    name: 'grade',
    args: '<results-dir>',
    summary: 'grade a results dir from its files',
    options: GRADE_OPTIONS,
    load: async () => (await import('./commands/grade.ts')).grade,
  },
  {
    name: 'resume',
    args: '<run>',
    summary: 'go on with a run behind its last finished step',
    options: RESUME_OPTIONS,
    load: async () => (await import('./commands/resume.ts')).resume,
  },
  {
    name: 'replay',
    args: '<run>',
    summary: 'perform a run from its record and compare what it leaves',
    options: REPLAY_OPTIONS,
    load: async () => (await import('./commands/replay.ts')).replay,
  },
  {
    name: 'fork',
    args: '<run>',
    summary: 'a new run from a step of another one on',
    options: FORK_OPTIONS,
    load: async () => (await import('./commands/fork.ts')).fork,
  },
  {
    name: 'diff',
    args: '<run> <run>',
    summary: 'what changed from one run to another',
    options: DIFF_OPTIONS,
    load: async () => (await import('./commands/diff.ts')).diff,
  },
  {
    name: 'export',
    args: '[runbook-or-run]',
    summary: 'a runbook as one RUNBOOK.md; a run as one file, to replay it elsewhere',
    options: EXPORT_OPTIONS,
    load: async () => (await import('./commands/export.ts')).exportAny,
  },
  {
    name: 'deploy',
    args: '[runbook]',
    summary: 'make a runbook a task of a Jetty-compatible platform, and run it there',
    options: DEPLOY_OPTIONS,
    load: async () => (await import('./commands/deploy.ts')).deploy,
  },
  {
    name: 'import',
    args: '<file>',
    summary: "a RUNBOOK.md as a runbook's folder",
    options: IMPORT_OPTIONS,
    load: async () => (await import('./commands/import.ts')).importFile,
  },
  {
    name: 'runs',
    args: '[folder]',
    summary: 'list the runs below a folder, newest first',
    options: RUNS_OPTIONS,
    load: async () => (await import('./commands/runs.ts')).runs,
  },
  {
    name: 'show',
    args: '[runbook-or-run]',
    summary: 'the shape of a runbook, or the timeline of a run',
    options: SHOW_OPTIONS,
    load: async () => (await import('./commands/show.ts')).show,
  },
  {
    name: 'lint',
    args: '[runbook]',
    summary: 'check a runbook: manifest, templates, tool blocks',
    options: [],
    load: async () => (await import('./commands/lint.ts')).lint,
  },
  {
    name: 'tool',
    args: '[name]',
    summary: 'run one tool and print its output as JSON',
    options: TOOL_OPTIONS,
    load: async () => (await import('./commands/tool.ts')).tool,
  },
  {
    name: 'mcp',
    args: '[runbook]',
    summary: 'the tools, steps and results as an MCP server (stdio)',
    options: MCP_OPTIONS,
    load: async () => (await import('./commands/mcp.ts')).mcp,
  },
  {
    name: 'serve',
    args: '',
    summary: 'the platform: runbooks as tasks, runs over an API',
    options: PLATFORM_OPTIONS,
    load: async () => (await import('./commands/platform.ts')).serve,
  },
  {
    name: 'worker',
    args: '',
    summary: 'a further process that performs runs of a platform (DATABASE_URL)',
    options: WORKER_OPTIONS,
    load: async () => (await import('./commands/platform.ts')).worker,
  },
  {
    name: 'schedule list',
    args: '',
    summary: 'the schedules of a collection on a platform',
    options: SCHEDULE_LIST_OPTIONS,
    load: async () => (await import('./commands/schedule.ts')).list,
  },
  {
    name: 'schedule set',
    args: '<name> <when>',
    summary: 'make a schedule of a task, or change it: daily@09:00, "30 7 * * 1-5 Europe/Berlin"',
    options: SCHEDULE_SET_OPTIONS,
    load: async () => (await import('./commands/schedule.ts')).set,
  },
  {
    name: 'schedule pause',
    args: '<name>',
    summary: 'no further runs until it is resumed',
    options: SCHEDULE_OPTIONS,
    load: async () => (await import('./commands/schedule.ts')).pause,
  },
  {
    name: 'schedule resume',
    args: '<name>',
    summary: 'go on from now',
    options: SCHEDULE_OPTIONS,
    load: async () => (await import('./commands/schedule.ts')).resume,
  },
  {
    name: 'schedule run',
    args: '<name>',
    summary: 'a run now; prints its id',
    options: SCHEDULE_OPTIONS,
    load: async () => (await import('./commands/schedule.ts')).fire,
  },
  {
    name: 'schedule remove',
    args: '<name>',
    summary: 'end a schedule; its runs stay',
    options: SCHEDULE_OPTIONS,
    load: async () => (await import('./commands/schedule.ts')).remove,
  },
  {
    name: 'source serve',
    args: '<path...>',
    summary: "put event files behind PostHog's HTTP API",
    options: SERVE_OPTIONS,
    load: async () => (await import('./commands/source.ts')).serve,
  },
];

const FIRST_STEPS: readonly [string, string][] = [
  ['runbook run --source sample', 'the demo, no key needed'],
  ['runbook run --source events.jsonl.gz', 'a PostHog export'],
  ['runbook run --source posthog', 'a live project: POSTHOG_API_KEY, POSTHOG_PROJECT_ID, POSTHOG_HOST'],
];

/** What `runbook --help` prints. */
export function helpText(): string {
  const commands = COMMANDS.map(({ name, args, summary }): [string, string] => [`${name} ${args}`.trim(), summary]);
  const options: [string, string][] = [
    ['-h, --help', 'help, also for a command: runbook run --help'],
    ['-V, --version', 'the version'],
  ];
  return `Usage: runbook <command> [options]

Finds where money and quality leak in LLM traffic and writes a checked report.

Commands:
${table(commands)}
Options:
${table(options)}
First steps:
${table(FIRST_STEPS)}`;
}

function table(rows: readonly [string, string][]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('');
}
