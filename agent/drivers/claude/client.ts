import type Anthropic from '@anthropic-ai/sdk';
import { RunbookError } from '../../../lib/errors.ts';
import type { Provider } from './models.ts';

type Env = Readonly<Record<string, string | undefined>>;

const OPENROUTER = 'https://openrouter.ai/api';
const ANTHROPIC = 'https://api.anthropic.com';
/** Longest wait for an answer to begin, milliseconds; a stream that goes silent has a watchdog of its own. */
const TIMEOUT_MS = 120_000;
/** The SDK repeats requests that failed before their answer began. */
const MAX_RETRIES = 4;

/** Who can be asked with the keys at hand; the runbook's own provider first. Undefined where there is no key. */
export function providerOf(env: Env, wanted: string | undefined): Provider | undefined {
  const has = { anthropic: Boolean(env.ANTHROPIC_API_KEY), openrouter: Boolean(env.OPENROUTER_API_KEY) };
  if (wanted === 'openrouter' && has.openrouter) return 'openrouter';
  if (has.anthropic) return 'anthropic';
  return has.openrouter ? 'openrouter' : undefined;
}

/** A client that takes its key and address from what is handed in, and from nowhere else. @throws RunbookError `config` without a key */
export async function openClient(provider: Provider, env: Env): Promise<Anthropic> {
  const key = provider === 'anthropic' ? env.ANTHROPIC_API_KEY : env.OPENROUTER_API_KEY;
  if (!key)
    throw new RunbookError('config', 'There is no model key.', {
      hint: 'Set ANTHROPIC_API_KEY or OPENROUTER_API_KEY, or use --agent scripted, which needs none.',
    });
  const { default: Client } = await import('@anthropic-ai/sdk');
  const baseURL = env.ANTHROPIC_BASE_URL || (provider === 'openrouter' ? OPENROUTER : ANTHROPIC);
  return new Client({ apiKey: key, baseURL, timeout: TIMEOUT_MS, maxRetries: MAX_RETRIES, logLevel: 'off' });
}
