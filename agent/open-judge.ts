import type { Judge } from '../rubric/judge/contract.ts';
import type { Rubric } from '../rubric/load.ts';
import type { Budget } from './drivers/claude/budget.ts';
import type { Provider } from './drivers/claude/providers.ts';
import type { JudgeContext } from './judge.ts';

type Env = Readonly<Record<string, string | undefined>>;

interface JudgeWish {
  provider: Provider;
  /** Any spelling: the one that the user insists on. */
  insisted?: string | undefined;
  rubric: Rubric['judge'];
  /** The models that wrote the report, where models did. */
  authors: readonly string[];
  budget: Budget;
  env: Env;
}

/** A model as judge. @throws RunbookError for an unknown model or a missing key, before anything is spent */
export async function openJudge(wish: JudgeWish): Promise<(context: JudgeContext) => Judge> {
  const { provider, insisted, rubric, authors, budget, env } = wish;
  const { openClient } = await import('./drivers/claude/client.ts');
  const { agentModel } = await import('./drivers/claude/models.ts');
  const { modelJudge } = await import('./judge.ts');
  const { judgeModel } = await import('./judge-model.ts');
  const model = await agentModel(await judgeModel({ insisted, rubric: rubric.model, authors }, provider), provider);
  const client = await openClient(provider, model, env);
  return (context) => modelJudge({ client, provider, model, samples: rubric.samples, budget, authors }, context);
}
