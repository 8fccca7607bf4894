import { RunbookError } from '../lib/errors.ts';
import type { BudgetLimits } from './budget-limits.ts';
import type { Driver } from './driver.ts';
import type { Budget } from './drivers/claude/budget.ts';
import type { Provider } from './drivers/claude/providers.ts';
import { nearest } from './nearest.ts';
import { openJudge } from './open-judge.ts';
import type { RunOptions } from './run-options.ts';
import type { Runbook } from './runbook/manifest.ts';

const AGENTS = ['auto', 'claude', 'claude-code', 'scripted'] as const;

export interface DriverWish {
  agent: string;
  model?: string | undefined;
  provider?: string | undefined;
  /** As far as they are not the usual ones. */
  limits: Partial<BudgetLimits>;
}

export interface ChosenDriver {
  driver: Driver;
  /** A model that judges the report, where the driver has one. */
  judge?: RunOptions['judge'] | undefined;
  /** Which driver it is, and why. */
  note: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The driver that is asked for; `auto` is Claude where there is a model key.
 * @throws RunbookError `usage` or `config`, before anything is started or spent
 */
export async function chooseDriver(wish: DriverWish, runbook: Runbook, env: Env): Promise<ChosenDriver> {
  if (!(AGENTS as readonly string[]).includes(wish.agent)) throw unknownAgent(wish.agent);
  if (wish.agent === 'scripted') return scripted('scripted, as asked');
  const { providerOf } = await import('./drivers/claude/providers.ts');
  const provider = providerOf(env, wish.provider, runbook.manifest.model_provider);
  if (wish.agent === 'auto' && !provider) return scripted('scripted: the reference calls of each step, no model');
  const wanted = { wish, provider: provider ?? 'anthropic', runbook, env } as const;
  return wish.agent === 'claude-code' ? claudeCode(wanted) : claude(wanted);
}

interface Wanted {
  wish: DriverWish;
  provider: Provider;
  runbook: Runbook;
  env: Env;
}

async function scripted(note: string): Promise<ChosenDriver> {
  const { scriptedDriver } = await import('./drivers/scripted.ts');
  return { driver: scriptedDriver, note };
}

async function claude(wanted: Wanted): Promise<ChosenDriver> {
  const { wish, provider, runbook, env } = wanted;
  const { openClient } = await import('./drivers/claude/client.ts');
  const { agentModel } = await import('./drivers/claude/models.ts');
  const { claudeDriver } = await import('./drivers/claude/driver.ts');
  const model = await agentModel(wish.model ?? runbook.manifest.model, provider);
  const client = await openClient(provider, model, env);
  const budget = await budgetOf(wanted);
  const why = wish.agent === 'auto' ? 'a model key is set' : 'as asked';
  const note = `claude (${why}): ${model.id} by ${provider}, at most ${budget.limits.costUsd} USD`;
  const judge = await judgeOf(wanted, budget, model.id);
  return { driver: claudeDriver({ client, provider, model, runbook, budget }), judge, note };
}

async function claudeCode(wanted: Wanted): Promise<ChosenDriver> {
  const { wish, provider, runbook, env } = wanted;
  if (provider === 'bedrock' || provider === 'vertex')
    throw new RunbookError('usage', `--agent claude-code: ${provider} is not offered with it.`, {
      at: '--provider',
      hint: 'Use --agent claude, which asks every provider.',
    });
  const { cliVersion } = await import('./drivers/claude-code/cli.ts');
  const { claudeCodeDriver } = await import('./drivers/claude-code/driver.ts');
  const { agentModel } = await import('./drivers/claude/models.ts');
  const model = await agentModel(wish.model ?? runbook.manifest.model, provider);
  const version = await cliVersion(env);
  const budget = await budgetOf(wanted);
  const note = `claude-code (as asked): Claude Code ${version}, ${model.id} by ${provider}, at most ${budget.limits.costUsd} USD`;
  // Without a key of its own there is only the program's login, which asks no other questions.
  const hasKey = Boolean(env.ANTHROPIC_API_KEY ?? env.OPENROUTER_API_KEY);
  const judge = hasKey ? await judgeOf(wanted, budget, model.id) : undefined;
  return { driver: claudeCodeDriver({ runbook, model, provider, budget, env }), judge, note };
}

/** The judge that the runbook's rubric asks for, or another model than the author's. */
async function judgeOf(
  { provider, runbook, env }: Wanted,
  budget: Budget,
  author: string,
): Promise<RunOptions['judge']> {
  const { gradingOf } = await import('./rounds.ts');
  const { rubric } = await gradingOf(runbook);
  return openJudge({ provider, rubric: rubric.judge, authors: [author], budget, env });
}

async function budgetOf({ wish }: Wanted): Promise<Budget> {
  const { Budget, DEFAULT_LIMITS } = await import('./drivers/claude/budget.ts');
  return new Budget({ ...DEFAULT_LIMITS, ...wish.limits });
}

function unknownAgent(agent: string): RunbookError {
  const near = nearest(agent, [...AGENTS]);
  return new RunbookError('usage', `--agent ${agent}: there is no such agent.`, {
    at: '--agent',
    hint: `${near ? `Did you mean ${near}? ` : ''}Use --agent scripted: it performs the same steps without a model.`,
  });
}
