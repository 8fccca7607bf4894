import { openCapture } from '../../agent/capture.ts';
import { runRunbook } from '../../agent/run.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { openSource } from '../../sources/open-source.ts';
import { chooseDriver } from '../driver.ts';
import { loadEnv } from '../env.ts';
import { type BudgetFlags, parseInteger, parsePairs, parseTime } from '../options.ts';
import type { Register } from '../register.ts';
import { sourceSpecs } from '../sources.ts';
import { chooseView } from '../view/choose.ts';

interface RunFlags extends BudgetFlags {
  source?: string[];
  resultsDir: string;
  param?: string[];
  asOf?: string;
  agent: string;
  model?: string;
  provider?: string;
  rounds: string;
  overwrite?: boolean;
  json?: boolean;
  quiet?: boolean;
}

export const run: Register = (command, exit) => {
  command.action(async (runbook: string | undefined, flags: RunFlags) => exit(await perform(runbook, flags)));
};

async function perform(given: string | undefined, flags: RunFlags): Promise<number> {
  const rounds = parseInteger('--rounds', flags.rounds, { min: 1, max: 10 });
  const asOf = parseTime(flags.asOf);
  const parameters = parsePairs(flags.param);
  const env = loadEnv();
  const specs = sourceSpecs(flags.source, env);
  const runbook = loadRunbook(given);
  const { driver, judge, note } = await chooseDriver(flags, runbook, env);
  const capture = await openCapture(env);
  const view = await chooseView(flags);
  const { signal, release } = interruptible();
  try {
    const outcome = await runRunbook(
      {
        runbook,
        source: () => openSource(specs, { env, ...(asOf ? { asOf } : {}) }),
        resultsDir: flags.resultsDir,
        overwrite: flags.overwrite ?? false,
        parameters,
        driver,
        ...(judge ? { judge } : {}),
        rounds,
        note,
        env,
        signal,
      },
      (event) => {
        view.event(event);
        capture?.event(event);
      },
    );
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
function interruptible(): { signal: AbortSignal; release(): void } {
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
