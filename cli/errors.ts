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
    // A log that cannot be read keeps a command from starting; one that the system does not let be written broke a run.
    case 'log':
      return error.cause === undefined ? 2 : 5;
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

/** What happened, where, and what to do; a stack only with DEBUG=runbook. */
export function errorText(error: unknown, env: Readonly<Record<string, string | undefined>>): string {
  const message = messageOf(error);
  const lines = [`error: ${message}`];
  if (error instanceof RunbookError) {
    if (error.at && !message.includes(error.at)) lines.push(`   at: ${error.at}`);
    if (error.hint) lines.push(` hint: ${error.hint}`);
  } else {
    lines.push(' hint: This is a fault of the program: run it again with DEBUG=runbook and report what it prints.');
  }
  if (env.DEBUG === 'runbook' && error instanceof Error && error.stack) lines.push(error.stack);
  return `${lines.join('\n')}\n`;
}
