import { z } from 'zod';
import type { DriverWish } from '../../agent/choose-driver.ts';
import { RunbookError } from '../../lib/errors.ts';
import type { PlatformRun } from '../store/run-row.ts';

/** What a run is to do, from its task and what it was asked for. */
export interface Plan {
  /** Text of a RUNBOOK.md; undefined for the runbook that ships with the program. */
  instruction: string | undefined;
  /** `name → text`. */
  parameters: Record<string, string>;
  driver: DriverWish;
  /** `posthog`, `sample`, or paths of uploaded files. */
  source: string[];
  /** What `now()` means; undefined: the wall clock, for files the newest event. */
  asOf: Date | undefined;
  rounds: number;
}

/** Where an agent of the platform keeps its results: not ours to choose. */
const RESULTS_DIR = 'results_dir';
const MAX_ROUNDS = 10;

const value = z.union([z.string(), z.number(), z.boolean()]);
const initParams = z.looseObject({
  instruction: z.string().optional(),
  vars: z.record(z.string(), value.nullable()).default({}),
  /** Ours: who performs it. Jetty's `agent` names a program of its sandbox. */
  driver: z.enum(['auto', 'claude', 'claude-code', 'scripted']).default('auto'),
  model: z.string().optional(),
  model_provider: z.string().optional(),
  max_cost_usd: z.number().positive().optional(),
  source: z.union([z.string(), z.array(z.string()).min(1)]).default('posthog'),
  as_of: z.iso.datetime({ offset: true }).optional(),
  rounds: z.number().int().min(1).max(MAX_ROUNDS).default(3),
});

/**
 * The task's `init_params` with the run's over them, `vars` merged by name.
 * @throws RunbookError `usage` naming the field
 */
export function planOf({ workflow, initParams: given }: Pick<PlatformRun, 'workflow' | 'initParams'>): Plan {
  const base = objectIn(workflow.init_params);
  const merged = { ...base, ...given, vars: { ...objectIn(base.vars), ...objectIn(given.vars) } };
  const parsed = initParams.safeParse(merged);
  if (!parsed.success) throw wrong(parsed.error);
  const { instruction, vars, driver, model, model_provider, max_cost_usd, source, as_of, rounds } = parsed.data;
  const texts = Object.entries(vars).flatMap(([name, text]) =>
    text === null || name === RESULTS_DIR ? [] : [[name, String(text)] as const],
  );
  return {
    instruction,
    parameters: Object.fromEntries(texts),
    driver: {
      ...{ agent: driver, model },
      // Where nobody insists on an agent, a provider is a wish: without its key the steps are performed without a model.
      provider: driver === 'auto' ? undefined : model_provider,
      limits: max_cost_usd === undefined ? {} : { costUsd: max_cost_usd },
    },
    source: typeof source === 'string' ? [source] : source,
    asOf: as_of === undefined ? undefined : new Date(as_of),
    rounds,
  };
}

/** What a field of JSON that others wrote holds; nothing where it is no object. */
export function objectIn(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function wrong(error: z.ZodError): RunbookError {
  const [issue] = error.issues;
  const field = ['init_params', ...(issue?.path ?? [])].join('.');
  return new RunbookError('usage', `${field}: ${issue?.message ?? 'is not understood'}.`, {
    at: field,
    hint: 'Mend it in the task, or give another value for this run.',
  });
}
