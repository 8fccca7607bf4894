import type { DriverWish } from '../../agent/choose-driver.ts';
import type { Manifest } from '../../agent/runbook/manifest.ts';
import { RunbookError } from '../../lib/errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Of Claude Code, a program of its own: its own tools read files and run commands as the server's user, beside the secrets of every
 * collection, and its connections are not the ones that are kept to the public internet. Here it gets the runbook's tools and nothing else,
 * and asks where the server says.
 * @param env what the run reads
 * @param server what the server itself was started with
 * @throws RunbookError `config`
 */
export function assertContained(
  { builtin_tools: builtIn }: Pick<Manifest, 'builtin_tools'>,
  { agent }: DriverWish,
  { env, server }: { env: Env; server: Env },
): void {
  if (agent !== 'claude-code') return;
  if (builtIn.length > 0)
    throw new RunbookError('config', `builtin_tools: ${builtIn.join(', ')} cannot be used on a server.`, {
      at: 'builtin_tools',
      hint: 'Leave them out, choose another driver, or perform the runbook on a machine of your own.',
    });
  if (env.ANTHROPIC_BASE_URL && env.ANTHROPIC_BASE_URL !== server.ANTHROPIC_BASE_URL)
    throw new RunbookError('config', 'claude-code cannot be sent to ANTHROPIC_BASE_URL of a collection.', {
      at: 'ANTHROPIC_BASE_URL',
      hint: 'Use the driver claude, or remove the variable.',
    });
}
