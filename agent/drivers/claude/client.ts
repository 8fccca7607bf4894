import type Anthropic from '@anthropic-ai/sdk';
import { RunbookError } from '../../../lib/errors.ts';
import type { AgentModel } from './models.ts';
import { type Provider, wireHeaders } from './providers.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What the loop needs of any of the vendor's clients. */
export interface MessagesClient {
  messages: Pick<Anthropic['messages'], 'stream'>;
}

const OPENROUTER = 'https://openrouter.ai/api';
const ANTHROPIC = 'https://api.anthropic.com';
/** `timeout`: longest wait for an answer to begin, ms; a stream that goes silent has a watchdog of its own. `request` makes the retries. */
const COMMON = { timeout: 120_000, maxRetries: 0, logLevel: 'off' } as const;

/**
 * A client that takes its key and address from what is handed in. Bedrock and Vertex may use the login of the machine besides.
 * @throws RunbookError `config` without a key or without the cloud's client
 */
export async function openClient(provider: Provider, model: AgentModel, env: Env): Promise<MessagesClient> {
  switch (provider) {
    case 'anthropic':
      return direct(env.ANTHROPIC_API_KEY, env.ANTHROPIC_BASE_URL || ANTHROPIC);
    case 'openrouter':
      return direct(env.OPENROUTER_API_KEY, env.ANTHROPIC_BASE_URL || OPENROUTER);
    case 'bedrock':
      return bedrock(model, env);
    case 'vertex':
      return vertex(model, env);
  }
}

async function direct(apiKey: string | undefined, baseURL: string): Promise<MessagesClient> {
  if (!apiKey)
    throw new RunbookError('config', 'There is no model key.', {
      hint: 'Set ANTHROPIC_API_KEY or OPENROUTER_API_KEY, or use --agent scripted, which needs none.',
    });
  const { default: Client } = await import('@anthropic-ai/sdk');
  return new Client({ ...COMMON, apiKey, baseURL });
}

async function bedrock(model: AgentModel, env: Env): Promise<MessagesClient> {
  const { AnthropicBedrock } = await optional('@anthropic-ai/bedrock-sdk', () => import('@anthropic-ai/bedrock-sdk'));
  const { AWS_BEARER_TOKEN_BEDROCK: apiKey, AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret } = env;
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION;
  const keys = access && secret ? { awsAccessKey: access, awsSecretKey: secret } : {};
  return new AnthropicBedrock({
    ...COMMON,
    ...keys,
    awsSessionToken: access && secret ? (env.AWS_SESSION_TOKEN ?? null) : null,
    apiKey: apiKey || null,
    ...(region ? { awsRegion: region } : {}),
    ...(env.ANTHROPIC_BEDROCK_BASE_URL ? { baseURL: env.ANTHROPIC_BEDROCK_BASE_URL } : {}),
    defaultHeaders: wireHeaders(model.id, 'bedrock'),
  } as ConstructorParameters<typeof AnthropicBedrock>[0]);
}

async function vertex(model: AgentModel, env: Env): Promise<MessagesClient> {
  const { AnthropicVertex } = await optional('@anthropic-ai/vertex-sdk', () => import('@anthropic-ai/vertex-sdk'));
  const projectId = env.ANTHROPIC_VERTEX_PROJECT_ID || env.GOOGLE_CLOUD_PROJECT;
  if (!projectId)
    throw new RunbookError('config', '--provider vertex: there is no Google Cloud project.', {
      at: '--provider',
      hint: 'Set GOOGLE_CLOUD_PROJECT, and CLOUD_ML_REGION where it is not global.',
    });
  const { CLOUDSDK_AUTH_ACCESS_TOKEN: accessToken, ANTHROPIC_VERTEX_BASE_URL: baseURL } = env;
  return new AnthropicVertex({
    ...COMMON,
    projectId,
    region: env.CLOUD_ML_REGION || 'global',
    ...(accessToken ? { authClient: withToken(accessToken) } : {}),
    ...(baseURL ? { baseURL } : {}),
    defaultHeaders: wireHeaders(model.id, 'vertex'),
  } as ConstructorParameters<typeof AnthropicVertex>[0]);
}

/** A token that was fetched beforehand (`gcloud auth print-access-token`), in place of the machine's Google login. */
function withToken(token: string): { getRequestHeaders(): Promise<Headers> } {
  return { getRequestHeaders: () => Promise.resolve(new Headers({ authorization: `Bearer ${token}` })) };
}

/** The clouds' clients are large, so they are not installed with this package. */
async function optional<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new RunbookError('config', `The client for this provider is not installed: ${name}.`, {
      at: '--provider',
      hint: `npm install ${name}`,
      cause,
    });
  }
}
