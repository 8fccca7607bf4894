import { messageOf, RunbookError } from '../lib/errors.ts';

/** Exit code of an error that kept a command from starting, or broke it. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof RunbookError)) return 5;
  switch (error.code) {
    case 'usage':
    case 'config':
    case 'runbook_invalid':
    case 'tool_input':
    case 'not_events':
    case 'source_unavailable':
    case 'io':
      return 2;
    case 'gate':
    case 'auth':
    case 'forbidden':
    case 'not_found':
      return 3;
    case 'budget':
      return 4;
    case 'interrupted':
      return 130;
    default:
      return 5;
  }
}

/** What happened, and what to do; a stack only with DEBUG=runbook. */
export function printError(error: unknown): void {
  const lines = [`error: ${messageOf(error)}`];
  if (error instanceof RunbookError && error.hint) lines.push(`  ${error.hint}`);
  if (process.env.DEBUG === 'runbook' && error instanceof Error && error.stack) lines.push(error.stack);
  process.stderr.write(`${lines.join('\n')}\n`);
}
