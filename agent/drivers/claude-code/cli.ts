import path from 'node:path';
import { execa } from 'execa';
import { messageOf, RunbookError } from '../../../lib/errors.ts';
import type { Provider } from '../claude/providers.ts';
import type { CliHome } from './home.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** The name under which Claude Code knows our tools: `mcp__runbook__hogql_query`. */
export const SERVER = 'runbook';
const OPENROUTER = 'https://openrouter.ai/api';
/** Time for the process to end by itself before it is killed, ms. */
const KILL_AFTER_MS = 5000;
/** What a program behind a proxy or in another place needs; nothing else of the environment is handed on, and no PostHog key. */
const HANDED_ON = ['PATH', 'LANG', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'];
const QUIET = {
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_AUTOUPDATER: '1',
  DISABLE_TELEMETRY: '1',
  DISABLE_ERROR_REPORTING: '1',
  ENABLE_TOOL_SEARCH: 'false',
  CLAUDE_CODE_MAX_RETRIES: '4',
  // Every answer is streamed: its usage is counted from there.
  CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK: '1',
  MCP_TIMEOUT: '20000',
  // Queries have time limits of their own.
  MCP_TOOL_TIMEOUT: '3600000',
};

/** The version of the installed program. @throws RunbookError `config` where there is none */
export async function cliVersion(env: Env, localDir = import.meta.dirname): Promise<string> {
  try {
    const { stdout } = await execa('claude', ['--version'], {
      ...localFirst(localDir),
      env: { PATH: env.PATH },
      stdin: 'ignore',
    });
    return /\d+\.\d+\.\d+/u.exec(stdout)?.[0] ?? stdout.trim();
  } catch (cause) {
    throw new RunbookError(
      'config',
      `--agent claude-code: the claude program does not run: ${messageOf(cause).split('\n')[0]}`,
      {
        at: '--agent',
        hint: 'Install it with npm install -g @anthropic-ai/claude-code, or use --agent claude or --agent scripted.',
        cause,
      },
    );
  }
}

/** The version that this project pins, where it is installed, else the one on the PATH. */
function localFirst(localDir = import.meta.dirname) {
  return { preferLocal: true, localDir, extendEnv: false } as const;
}

export interface CliOptions {
  /** The program; by default the one that `cliVersion` finds. */
  program?: string | undefined;
  home: CliHome;
  env: Env;
  provider: Provider;
  model: string;
  systemFile: string;
  /** Where our tools are, with the token in it. */
  mcpFile: string;
  /** Built-in tools that the runbook allows. */
  builtinTools: readonly string[];
  maxTurns: number;
  maxCostUsd: number;
}

export interface Cli {
  /** What it prints, line by line. */
  lines: AsyncIterable<string>;
  /** A message of the user. */
  say(text: string): void;
  /** No more messages: it ends after its answer. */
  finish(): void;
  /** Ends it, gently first. @returns what it leaves behind */
  stop(): Promise<{ exit: string; stderr: string }>;
}

/** Starts Claude Code without a terminal: our tools and no others, no settings, no memory, nothing asked of anybody. */
export function startCli(options: CliOptions): Cli {
  const { home, program = 'claude' } = options;
  const process = execa(program, argumentsOf(options), {
    ...localFirst(),
    cwd: home.workDir,
    env: environmentOf(options),
    reject: false,
    forceKillAfterDelay: KILL_AFTER_MS,
    buffer: { stdout: false },
  });
  // A process that is gone takes no more messages; how it ended is told by its end.
  process.stdin.on('error', () => undefined);
  return {
    lines: process.iterable(),
    say(text) {
      const message = { type: 'user', message: { role: 'user', content: text } };
      process.stdin.write(`${JSON.stringify(message)}\n`);
    },
    finish: () => process.stdin.end(),
    async stop() {
      process.kill();
      const { exitCode, signal, stderr } = await process;
      return { exit: signal ?? `exit code ${String(exitCode)}`, stderr: String(stderr) };
    },
  };
}

function argumentsOf({ model, systemFile, mcpFile, builtinTools, maxTurns, maxCostUsd }: CliOptions): string[] {
  return [
    '-p',
    ...['--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose', '--include-partial-messages'],
    ...['--model', model, '--system-prompt-file', systemFile],
    ...['--mcp-config', mcpFile, '--strict-mcp-config'],
    ...['--tools', builtinTools.join(',')],
    ...['--allowedTools', [`mcp__${SERVER}__*`, ...builtinTools].join(',')],
    ...['--permission-mode', 'dontAsk', '--restricted', '--setting-sources', '', '--no-session-persistence'],
    ...['--max-turns', String(maxTurns), '--max-budget-usd', dollars(maxCostUsd)],
  ];
}

/** Rounded up to the smallest amount that is written, since the program refuses to start with nothing. */
function dollars(usd: number): string {
  return (Math.max(1, Math.ceil(usd * 10_000)) / 10_000).toFixed(4);
}

/** With a key of its own the program gets a home of its own; without one it needs the login of the person who started it. */
function environmentOf({ env, home, provider }: CliOptions): Record<string, string | undefined> {
  const own = { HOME: home.dir, CLAUDE_CONFIG_DIR: path.join(home.dir, 'config') };
  const base = { ...Object.fromEntries(HANDED_ON.map((name) => [name, env[name]])), ...QUIET };
  const address = env.ANTHROPIC_BASE_URL ? { ANTHROPIC_BASE_URL: env.ANTHROPIC_BASE_URL } : {};
  if (provider === 'openrouter')
    return {
      ...base,
      ...own,
      ANTHROPIC_BASE_URL: OPENROUTER,
      ...address,
      ANTHROPIC_AUTH_TOKEN: env.OPENROUTER_API_KEY,
    };
  if (env.ANTHROPIC_API_KEY) return { ...base, ...own, ...address, ANTHROPIC_API_KEY: env.ANTHROPIC_API_KEY };
  return {
    ...base,
    ...address,
    HOME: env.HOME,
    CLAUDE_CONFIG_DIR: env.CLAUDE_CONFIG_DIR,
    CLAUDE_CODE_OAUTH_TOKEN: env.CLAUDE_CODE_OAUTH_TOKEN,
  };
}
