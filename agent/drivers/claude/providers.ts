import { RunbookError } from '../../../lib/errors.ts';
import { nearest } from '../../nearest.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Who answers: Anthropic itself, OpenRouter behind the same API, or the clouds of Amazon and Google. */
export const PROVIDERS = ['anthropic', 'openrouter', 'bedrock', 'vertex'] as const;
export type Provider = (typeof PROVIDERS)[number];

/**
 * The provider to ask: the one that is named on the command line; else the runbook's own where its key is there; else the one whose key
 * is there. Undefined where there is no key. A cloud login alone is no wish to spend: Google's and a plain AWS one are used when asked for.
 * @throws RunbookError `usage` for an unknown one
 */
export function providerOf(env: Env, named: string | undefined, ofRunbook: string | undefined): Provider | undefined {
  if (named !== undefined) return known(named);
  const withKey = PROVIDERS.filter((provider) => hasKey(provider, env));
  return withKey.find((provider) => provider === ofRunbook) ?? withKey[0];
}

function known(name: string): Provider {
  const provider = PROVIDERS.find((candidate) => candidate === name);
  if (provider) return provider;
  const near = nearest(name, [...PROVIDERS]);
  throw new RunbookError('usage', `--provider ${name}: there is no such provider.`, {
    at: '--provider',
    hint: near ? `Did you mean ${near}?` : `Use one of ${PROVIDERS.join(', ')}.`,
  });
}

function hasKey(provider: Provider, env: Env): boolean {
  switch (provider) {
    case 'anthropic':
      return Boolean(env.ANTHROPIC_API_KEY);
    case 'openrouter':
      return Boolean(env.OPENROUTER_API_KEY);
    case 'bedrock':
      return Boolean(env.AWS_BEARER_TOKEN_BEDROCK);
    case 'vertex':
      return false;
  }
}

/** Models that Amazon and Google know with the date of their snapshot. */
const DATES: Readonly<Record<string, string>> = {
  'claude-haiku-4-5': '20251001',
  'claude-opus-4-5': '20251101',
  'claude-sonnet-4-5': '20250929',
};
/** Amazon's names of older models end with a version of their own. */
const BEDROCK_VERSIONS: Readonly<Record<string, string>> = {
  'claude-haiku-4-5': '-v1:0',
  'claude-opus-4-5': '-v1:0',
  'claude-sonnet-4-5': '-v1:0',
  'claude-opus-4-6': '-v1',
};
/** Models that the clouds serve with the wire version of their time only. */
const OLD_WIRE = new Set([...Object.keys(DATES), 'claude-opus-4-6', 'claude-sonnet-4-6']);

/** A model (`claude-sonnet-4-6`) as a provider spells it. */
export function modelName(id: string, provider: Provider): string {
  const date = DATES[id];
  switch (provider) {
    case 'anthropic':
      return id;
    case 'openrouter':
      return `anthropic/${id.replace(/-(\d+)-(\d+)$/u, '-$1.$2')}`;
    case 'bedrock':
      return `global.anthropic.${id}${date ? `-${date}` : ''}${BEDROCK_VERSIONS[id] ?? ''}`;
    case 'vertex':
      return date ? `${id}@${date}` : id;
  }
}

/** The header by which a cloud is told the wire version that it serves the model with, where that is not the client's own. */
export function wireHeaders(id: string, provider: Provider): Record<string, string> {
  if (!OLD_WIRE.has(id)) return {};
  if (provider === 'bedrock') return { 'anthropic-version': 'bedrock-2023-05-31' };
  return provider === 'vertex' ? { 'anthropic-version': 'vertex-2023-10-16' } : {};
}

/** The id behind any provider's spelling of a model; what is left may be no known model. */
export function plainId(name: string): string {
  return name
    .trim()
    .replace(/^(?:~?anthropic|openrouter\/anthropic)\//u, '')
    .replace(/^(?:(?:global|us|eu|apac|jp|au)\.)?anthropic\./u, '')
    .replace(/-v\d+(?::\d+)?$/u, '')
    .replaceAll('.', '-')
    .replace(/[-@]\d{8}$/u, '');
}

/** Whether a name is in Amazon's or Google's own spelling, which then goes into the request as it stands. */
export function isSpelledFor(name: string, provider: Provider): boolean {
  if (provider === 'bedrock') return /^(?:\w+\.)?anthropic\./u.test(name);
  return provider === 'vertex' && name.includes('@');
}
