import { existsSync } from 'node:fs';
import path from 'node:path';
import { chooseDriver } from '../../agent/choose-driver.ts';
import { liveSource } from '../../agent/opened-source.ts';
import { IN_RECORD } from '../../agent/record/runbook.ts';
import { openSource } from '../../sources/open-source.ts';
import { loadEnv } from '../env.ts';
import { isRunbookFile, withRunbook } from '../given-runbook.ts';
import { performLive, type ViewFlags } from '../live-run.ts';
import { type BudgetFlags, parseBudget, parseInteger, parsePairs, parseTime } from '../options.ts';
import type { Register } from '../register.ts';
import { sourceSpecs } from '../sources.ts';

interface RunFlags extends BudgetFlags, ViewFlags {
  source?: string[];
  resultsDir: string;
  param?: string[];
  asOf?: string;
  agent: string;
  model?: string;
  provider?: string;
  rounds: string;
  overwrite?: boolean;
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
  return withRunbook(given, async (runbook) => {
    const { driver, judge, note } = await chooseDriver({ ...flags, limits: parseBudget(flags) }, runbook, env);
    return performLive(
      {
        runbook,
        ...(given !== undefined && isRunbookFile(given) ? { runbookPlace: IN_RECORD } : {}),
        open: liveSource(() => openSource(specs, { env, ...(asOf ? { asOf } : {}) })),
        asked: { specs: specs.map(absolute), as_of: asOf?.toISOString() ?? null },
        resultsDir: flags.resultsDir,
        overwrite: flags.overwrite ?? false,
        parameters,
        driver,
        ...(judge ? { judge } : {}),
        rounds,
        note,
        env,
      },
      flags,
    );
  });
}

/** Files are found again from any folder. */
function absolute(spec: string): string {
  return existsSync(spec) ? path.resolve(spec) : spec;
}
