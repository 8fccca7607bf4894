import { randomUUID } from 'node:crypto';
import { openJudge } from '../agent/open-judge.ts';
import { RunbookError } from '../lib/errors.ts';
import type { Judge } from '../rubric/judge/contract.ts';
import type { Rubric } from '../rubric/load.ts';
import type { ResultsDir } from '../tools/results-dir.ts';
import { parseCost } from './options.ts';

type Env = Readonly<Record<string, string | undefined>>;

interface GradeFlags {
  judge: string;
  judgeModel?: string;
  provider?: string;
  maxCost?: string;
}

/** USD that a judge may cost where nothing else is said. */
const MAX_COST = 1;

/**
 * The judge of `runbook grade`: undefined where there is no key and none was asked for.
 * @throws RunbookError `usage` or `config`
 */
export async function gradingJudge(
  flags: GradeFlags,
  { rubric, results, env }: { rubric: Rubric; results: ResultsDir; env: Env },
): Promise<Judge | undefined> {
  const { providerOf } = await import('../agent/drivers/claude/providers.ts');
  const provider = providerOf(env, flags.provider, undefined);
  if (!provider) {
    if (flags.judge === 'auto') return undefined;
    throw new RunbookError('config', '--judge model: there is no model key.', {
      at: '--judge',
      hint: 'Set ANTHROPIC_API_KEY or OPENROUTER_API_KEY, or use --judge checks.',
    });
  }
  const { Budget, DEFAULT_LIMITS } = await import('../agent/drivers/claude/budget.ts');
  const costUsd = parseCost(flags.maxCost) ?? MAX_COST;
  const budget = new Budget({ ...DEFAULT_LIMITS, costUsd });
  const { authorsOf } = await import('../agent/judge-model.ts');
  const authors = authorsOf(results);
  const open = await openJudge({ provider, insisted: flags.judgeModel, rubric: rubric.judge, authors, budget, env });
  const { signal } = new AbortController();
  return open({ runId: randomUUID(), signal, emit: () => undefined });
}
