import { givenParameters } from '../../agent/parameters.ts';
import type { Runbook } from '../../agent/runbook/manifest.ts';
import { RunbookError } from '../../lib/errors.ts';
import type { Platform } from '../api/platform.ts';
import { listVariables } from '../store/environment.ts';
import { planOf } from '../work/plan.ts';
import { FILES } from './event-files.ts';

/** What a collection has of what a run of a runbook reads; names only. */
export interface Keys {
  /** Declared variables that are needed and not set. */
  lacking: string[];
  /** Whether a model can be asked. */
  hasModelKey: boolean;
}

/** The providers' own names of their keys. */
export const MODEL_KEYS = ['ANTHROPIC_API_KEY', 'OPENROUTER_API_KEY', 'AWS_BEARER_TOKEN_BEDROCK'];

export async function keysOf({ pool }: Platform, collectionId: string, { manifest }: Runbook): Promise<Keys> {
  const set = new Set((await listVariables(pool, collectionId)).map(({ name }) => name));
  const needed = Object.values(manifest.secrets).filter(({ required }) => required);
  return {
    lacking: needed.map(({ env }) => env).filter((name) => !set.has(name)),
    hasModelKey: MODEL_KEYS.some((name) => set.has(name)),
  };
}

/** Of the names of fields: `vars.window_days`. */
export const VAR = 'vars.';
/** The fields of a form that are parameters, by their names. */
export function varsIn(fields: Readonly<Record<string, string>>): Record<string, string> {
  const given = Object.entries(fields).filter(([name]) => name.startsWith(VAR));
  return Object.fromEntries(given.map(([name, value]) => [name.slice(VAR.length), value]));
}

/** The choice of a source that leaves the task's own, which no form can show (files). */
export const TASK_SOURCE = 'task';
/** Choices whose source is not their name. */
const OTHER_SOURCES = [TASK_SOURCE, FILES];

/**
 * The `init_params` that a form asks for.
 * @throws RunbookError `usage` naming the field
 */
export function askedIn(fields: Readonly<Record<string, string>>, { manifest }: Runbook): Record<string, unknown> {
  const vars = givenParameters(manifest, varsIn(fields));
  const { source = TASK_SOURCE, driver = 'auto', model = '', max_cost_usd: cost = '' } = fields;
  const asked = {
    ...(OTHER_SOURCES.includes(source) ? {} : { source }),
    driver,
    ...(model.trim() === '' ? {} : { model: model.trim() }),
    ...(cost.trim() === '' ? {} : { max_cost_usd: Number(cost) }),
    vars,
  };
  planOf({ workflow: {}, initParams: asked });
  return asked;
}

/** @throws RunbookError `config` where a run would end before it begins */
export function assertKeys({ lacking, hasModelKey }: Keys, { source, driver }: Record<string, unknown>): void {
  if ((source ?? 'posthog') === 'posthog' && lacking.length > 0)
    throw new RunbookError('config', `A run of PostHog’s data needs ${lacking.join(', ')}: set them under Variables.`);
  if (driver === 'claude' && !hasModelKey)
    throw new RunbookError('config', `Claude needs one of ${MODEL_KEYS.join(', ')}: set it under Variables.`);
}
