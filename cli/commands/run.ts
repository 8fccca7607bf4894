import type { Command } from 'commander';
import { scriptedDriver } from '../../agent/drivers/scripted.ts';
import { runRunbook } from '../../agent/run.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { RunbookError } from '../../lib/errors.ts';
import { openSource } from '../../sources/open-source.ts';
import { loadEnv } from '../env.ts';
import { addOptions, parsePairs, parseTime, RUN_OPTIONS } from '../options.ts';
import { chooseView } from '../view/choose.ts';

interface RunFlags {
  source?: string[];
  resultsDir: string;
  param?: string[];
  asOf?: string;
  agent: string;
  overwrite?: boolean;
  json?: boolean;
  quiet?: boolean;
}

export function addRun(program: Command, exit: (code: number) => void): void {
  const command = program.command('run').argument('[runbook]', 'runbook folder').description('Perform a runbook.');
  addOptions(command, RUN_OPTIONS).action(async (runbook: string | undefined, flags: RunFlags) =>
    exit(await run(runbook, flags)),
  );
}

async function run(given: string | undefined, flags: RunFlags): Promise<number> {
  const env = loadEnv();
  const runbook = loadRunbook(given);
  const specs = sourceSpecs(flags.source, env);
  const asOf = parseTime(flags.asOf);
  const view = chooseView(flags);
  const { signal, release } = interruptible();
  try {
    const outcome = await runRunbook(
      {
        runbook,
        source: () => openSource(specs, { env, ...(asOf ? { asOf } : {}) }),
        resultsDir: flags.resultsDir,
        overwrite: flags.overwrite ?? false,
        parameters: parsePairs(flags.param),
        driver: scriptedDriver,
        note: driverNote(flags.agent),
        env,
        signal,
      },
      (event) => view.event(event),
    );
    view.end(outcome);
    return outcome.exitCode;
  } finally {
    view.close();
    release();
  }
}

function sourceSpecs(given: string[] | undefined, env: NodeJS.ProcessEnv): string[] {
  if (given && given.length > 0) return given;
  if (env.POSTHOG_API_KEY) return ['posthog'];
  throw new RunbookError('usage', 'No source is given, and POSTHOG_API_KEY is not set.', {
    at: '--source',
    hint: 'Try --source sample, give event files with --source FILE, or set POSTHOG_API_KEY, POSTHOG_PROJECT_ID and POSTHOG_HOST.',
  });
}

/** This version performs runbooks without a model; `auto` says so. */
function driverNote(agent: string): string {
  if (agent === 'auto') return 'agent: scripted (no model is used)';
  if (agent === 'scripted') return 'agent: scripted';
  if (agent === 'claude' || agent === 'claude-code') {
    throw new RunbookError('usage', `--agent ${agent} is not part of this version.`, {
      at: '--agent',
      hint: 'Use --agent scripted: the same steps without a model.',
    });
  }
  throw new RunbookError('usage', `--agent ${agent}: no such agent.`, { at: '--agent', hint: 'Use auto or scripted.' });
}

/** Ctrl-C ends the run cleanly; a second one kills the process. */
function interruptible(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
