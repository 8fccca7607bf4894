import { z } from 'zod';
import type { HistoryEntry } from '../analysis/history.ts';

const TIMEOUT_MS = 15_000;
const answer = z.object({ state: z.string() });

/**
 * What became of a pull request, asked of the `gh` command where it is installed and logged in; null where it is not, or knows
 * nothing. The argument is a number or a URL, given to `gh` as one argument, never through a shell.
 */
export async function pullRequest(reference: string, signal: AbortSignal): Promise<HistoryEntry['status'] | null> {
  const { execa } = await import('execa');
  const result = await execa('gh', ['pr', 'view', reference, '--json', 'state'], {
    reject: false,
    timeout: TIMEOUT_MS,
    cancelSignal: signal,
    stdin: 'ignore',
  });
  if (result.exitCode !== 0) return null;
  const parsed = answer.safeParse(safeJson(result.stdout));
  if (!parsed.success) return null;
  const states: Record<string, HistoryEntry['status']> = { MERGED: 'shipped', CLOSED: 'rejected', OPEN: 'open' };
  return states[parsed.data.state] ?? null;
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
