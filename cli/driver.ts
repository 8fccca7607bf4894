import type { BudgetLimits } from '../agent/budget-limits.ts';
import type { Driver } from '../agent/driver.ts';
import type { Budget } from '../agent/drivers/claude/budget.ts';
import type { Provider } from '../agent/drivers/claude/providers.ts';
import { nearest } from '../agent/nearest.ts';
import type { RunOptions } from '../agent/run-options.ts';
import type { Runbook } from '../agent/runbook/manifest.ts';
import { RunbookError } from '../lib/errors.ts';
import { openJudge } from './judge.ts';
import { type BudgetFlags, parseBudget } from './options.ts';

const AGENTS = ['auto', 'claude', 'claude-code', 'scripted'] as const;

interface DriverFlags extends BudgetFlags {
  agent: string;
  model?: string;
  provider?: string;
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
 * The driver that the command line asks for; `auto` is Claude where there is a model key.
 * @throws RunbookError `usage` or `config`, before anything is started or spent
 */
export async function chooseDriver(flags: DriverFlags, runbook: Runbook, env: Env): Promise<ChosenDriver> {
  const limits = parseBudget(flags);
  if (!(AGENTS as readonly string[]).includes(flags.agent)) throw unknownAgent(flags.agent);
  if (flags.agent === 'scripted') return scripted('scripted, as asked');
  const { providerOf } = await import('../agent/drivers/claude/providers.ts');
  const provider = providerOf(env, flags.provider, runbook.manifest.model_provider);
  if (flags.agent === 'auto' && !provider) return scripted('scripted: the reference calls of each step, no model');
  const wanted = { flags, provider: provider ?? 'anthropic', limits, runbook, env } as const;
  return flags.agent === 'claude-code' ? claudeCode(wanted) : claude(wanted);
}

interface Wanted {
  flags: DriverFlags;
  provider: Provider;
  limits: Partial<BudgetLimits>;
  runbook: Runbook;
  env: Env;
}

async function scripted(note: string): Promise<ChosenDriver> {
  const { scriptedDriver } = await import('../agent/drivers/scripted.ts');
  return { driver: scriptedDriver, note };
}

async function claude(wanted: Wanted): Promise<ChosenDriver> {
  const { flags, provider, runbook, env } = wanted;
  const { openClient } = await import('../agent/drivers/claude/client.ts');
  const { agentModel } = await import('../agent/drivers/claude/models.ts');
  const { claudeDriver } = await import('../agent/drivers/claude/driver.ts');
  const model = await agentModel(flags.model ?? runbook.manifest.model, provider);
  const client = await openClient(provider, model, env);
  const budget = await budgetOf(wanted);
  const why = flags.agent === 'auto' ? 'a model key is set' : 'as asked';
  const note = `claude (${why}): ${model.id} by ${provider}, at most ${budget.limits.costUsd} USD`;
  const judge = await judgeOf(wanted, budget, model.id);
  return { driver: claudeDriver({ client, provider, model, runbook, budget }), judge, note };
}

async function claudeCode(wanted: Wanted): Promise<ChosenDriver> {
  const { flags, provider, runbook, env } = wanted;
  if (provider === 'bedrock' || provider === 'vertex')
    throw new RunbookError('usage', `--agent claude-code: ${provider} is not offered with it.`, {
      at: '--provider',
      hint: 'Use --agent claude, which asks every provider.',
    });
  const { cliVersion } = await import('../agent/drivers/claude-code/cli.ts');
  const { claudeCodeDriver } = await import('../agent/drivers/claude-code/driver.ts');
  const { agentModel } = await import('../agent/drivers/claude/models.ts');
  const model = await agentModel(flags.model ?? runbook.manifest.model, provider);
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
  const { gradingOf } = await import('../agent/rounds.ts');
  const { rubric } = await gradingOf(runbook);
  return openJudge({ provider, rubric: rubric.judge, authors: [author], budget, env });
}

async function budgetOf({ limits }: Wanted): Promise<Budget> {
  const { Budget, DEFAULT_LIMITS } = await import('../agent/drivers/claude/budget.ts');
  return new Budget({ ...DEFAULT_LIMITS, ...limits });
}

function unknownAgent(agent: string): RunbookError {
  const near = nearest(agent, [...AGENTS]);
  return new RunbookError('usage', `--agent ${agent}: there is no such agent.`, {
    at: '--agent',
    hint: `${near ? `Did you mean ${near}? ` : ''}Use --agent scripted: it performs the same steps without a model.`,
  });
}
