import { z } from 'zod';
import type { Manifest } from '../../agent/runbook/manifest.ts';
import type { Client } from './client.ts';
import { getEnvironment, type Place } from './requests.ts';

const environment = z.looseObject({ environment_variables: z.record(z.string(), z.unknown()).nullish() });

/** The keys that the providers of models take, by provider. */
const PROVIDER_KEYS: Readonly<Record<string, string>> = {
  openrouter: 'OPENROUTER_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  bedrock: 'AWS_BEARER_TOKEN_BEDROCK',
  openai: 'OPENAI_API_KEY',
  google: 'GOOGLE_API_KEY',
};

/** Names of environment variables; values are never kept. */
export interface SecretsReport {
  set: string[];
  missing: string[];
  missingRequired: string[];
  /** The key of the model's provider, where the collection has none: runs then need the platform's trial. */
  providerKey: string | undefined;
}

/** Which of the runbook's secrets the collection has. A key whose value was taken away counts as missing. @throws RunbookError */
export async function checkSecrets(
  client: Client,
  place: Place,
  { secrets, model_provider }: Manifest,
): Promise<SecretsReport> {
  const { value } = await client.json(getEnvironment(place));
  const variables = environment.safeParse(value).data?.environment_variables ?? {};
  const isSet = (name: string) => Object.hasOwn(variables, name) && variables[name] !== null && variables[name] !== '';
  const all = Object.values(secrets);
  const key = PROVIDER_KEYS[model_provider ?? ''];
  return {
    set: all.filter(({ env }) => isSet(env)).map(({ env }) => env),
    missing: all.filter(({ env }) => !isSet(env)).map(({ env }) => env),
    missingRequired: all.filter(({ env, required }) => required && !isSet(env)).map(({ env }) => env),
    providerKey: key === undefined || isSet(key) ? undefined : key,
  };
}
