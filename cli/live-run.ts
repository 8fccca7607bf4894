import { openCapture } from '../agent/capture.ts';
import { runRunbook } from '../agent/run.ts';
import type { RunOptions } from '../agent/run-options.ts';
import { chooseView } from './view/choose.ts';

export interface ViewFlags {
  json?: boolean;
  quiet?: boolean;
}

/**
 * Performs a run and shows it as it goes on: progress to stderr or events to stdout, the path of the report to stdout.
 * @returns the exit code
 */
export async function performLive(options: Omit<RunOptions, 'signal'>, flags: ViewFlags): Promise<number> {
  const capture = await openCapture(options.env);
  const view = await chooseView(flags);
  const { signal, release } = interruptible();
  try {
    const outcome = await runRunbook({ ...options, signal }, (event) => {
      view.event(event);
      capture?.event(event);
    });
    view.close();
    if (outcome.report && !flags.json) process.stdout.write(`${outcome.report}\n`);
    return outcome.exitCode;
  } finally {
    view.close();
    release();
    const unsent = await capture?.close();
    if (unsent) process.stderr.write(`The run's own model requests were not all sent to PostHog: ${unsent}\n`);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ctrl-C ends the run cleanly; a second one ends the process. */
export function interruptible(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release() {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
