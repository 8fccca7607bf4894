import type { Command } from 'commander';
import { RunbookError } from '../lib/errors.ts';

/** One table of options: commands, help and README are made from it. */
export interface OptionSpec {
  flags: string;
  description: string;
  default?: string;
  /** May be given several times. */
  repeat?: boolean;
}

export const RUN_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--source <spec...>',
    description: 'posthog, sample, or event files and folders (default: posthog where POSTHOG_API_KEY is set)',
  },
  { flags: '--results-dir <dir>', description: 'where the results go', default: './results' },
  {
    flags: '-p, --param <name=value>',
    description: 'set a parameter of the runbook, repeatable (see: runbook show)',
    repeat: true,
  },
  {
    flags: '--as-of <time>',
    description: 'what now() means, ISO 8601 (default: the wall clock; for files the newest event)',
  },
  { flags: '--agent <kind>', description: 'auto, claude, claude-code or scripted', default: 'auto' },
  { flags: '--model <id>', description: 'model of the agent, where one is used' },
  { flags: '--max-cost <usd>', description: 'stop when the agent has spent this much, where one is used' },
  { flags: '--rounds <n>', description: 'rounds of grading and mending, where an agent is used', default: '3' },
  { flags: '--overwrite', description: 'replace what an earlier run left in the results dir' },
  { flags: '--json', description: 'one JSON event a line on stdout' },
  { flags: '--quiet', description: 'no progress' },
];

export function addOptions(command: Command, specs: readonly OptionSpec[]): Command {
  for (const spec of specs) {
    if (spec.repeat)
      command.option(spec.flags, spec.description, (value: string, all: string[] | undefined) => [
        ...(all ?? []),
        value,
      ]);
    else if (spec.default === undefined) command.option(spec.flags, spec.description);
    else command.option(spec.flags, spec.description, spec.default);
  }
  return command;
}

/** `name=value` pairs. @throws RunbookError `usage` naming the pair that is none */
export function parsePairs(pairs: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1)
        throw new RunbookError('usage', `-p ${pair}: expected name=value.`, {
          at: '-p',
          hint: 'For instance -p window_days=90.',
        });
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** @throws RunbookError `usage` */
export function parseTime(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = new Date(/[zZ]|[+-]\d\d:?\d\d$/u.test(text) || /^\d{4}-\d\d-\d\d$/u.test(text) ? text : `${text}Z`);
  if (Number.isNaN(date.getTime()))
    throw new RunbookError('usage', `--as-of ${text}: not a time.`, {
      at: '--as-of',
      hint: 'Give ISO 8601 in UTC, for instance 2026-10-01T00:00:00Z.',
    });
  return date;
}
