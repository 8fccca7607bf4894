import { describe, expect, it, onTestFinished } from 'vitest';
import { Budget, DEFAULT_LIMITS } from '../../../agent/drivers/claude/budget.ts';
import { openClient } from '../../../agent/drivers/claude/client.ts';
import { claudeDriver } from '../../../agent/drivers/claude/driver.ts';
import { agentModel } from '../../../agent/drivers/claude/models.ts';
import { providerOf } from '../../../agent/drivers/claude/providers.ts';
import { type Cloud, startCloud } from '../../servers/clouds.ts';
import { diligent, type Reply, startMessages } from '../../servers/messages.ts';
import { failure, of, type Performed, performDriver } from './perform.ts';

const ENV = {
  bedrock: { AWS_BEARER_TOKEN_BEDROCK: 'a-bedrock-token', AWS_REGION: 'eu-west-1' },
  vertex: { CLOUDSDK_AUTH_ACCESS_TOKEN: 'a-google-token', GOOGLE_CLOUD_PROJECT: 'p1' },
};

async function through(
  kind: 'bedrock' | 'vertex',
  name: string,
  next: Parameters<typeof startMessages>[0] = diligent,
): Promise<Performed & { cloud: Cloud }> {
  const server = await startMessages(next);
  const cloud = await startCloud(kind, server.url);
  onTestFinished(() => cloud.close());
  const env = { ...ENV[kind], ANTHROPIC_BEDROCK_BASE_URL: cloud.url, ANTHROPIC_VERTEX_BASE_URL: cloud.url };
  const model = await agentModel(name, kind);
  const client = await openClient(kind, model, env);
  const run = await performDriver(
    (runbook) => claudeDriver({ client, provider: kind, model, runbook, budget: new Budget(DEFAULT_LIMITS) }),
    { server },
  );
  return { ...run, cloud };
}

describe('the clouds', () => {
  it.each([
    [
      'bedrock',
      'claude-sonnet-5',
      '/model/global.anthropic.claude-sonnet-5/invoke-with-response-stream',
      '2026-10-21',
      'a-bedrock-token',
    ],
    [
      'bedrock',
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      '/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/invoke-with-response-stream',
      'bedrock-2023-05-31',
      'a-bedrock-token',
    ],
    [
      'vertex',
      'anthropic/claude-haiku-4.5',
      '/projects/p1/locations/global/publishers/anthropic/models/claude-haiku-4-5@20251001:streamRawPredict',
      'vertex-2023-10-16',
      'a-google-token',
    ],
  ] as const)('%s performs a step with %s', async (kind, name, path, version, token) => {
    const run = await through(kind, name);
    expect(of(run.events, 'step_finished')).toHaveLength(1);
    expect(of(run.events, 'generation')).toHaveLength(2);
    expect(of(run.events, 'generation')[1]?.properties).toMatchObject({ $ai_provider: kind, $ai_output_tokens: 50 });
    expect(of(run.events, 'generation')[1]?.properties.$ai_cache_read_input_tokens).toBeGreaterThan(1000);
    for (const { path: asked, version: wire, authorization } of run.cloud.asked) {
      expect(decodeURIComponent(asked)).toBe(path);
      expect(wire).toBe(version);
      expect(authorization).toBe(`Bearer ${token}`);
    }
  });

  it.each(['bedrock', 'vertex'] as const)('%s: a refusal says what the provider says', async (kind) => {
    const refused: Reply = { kind: 'error', status: 403, type: 'permission_error', message: 'no access to the model' };
    const run = await through(kind, 'claude-sonnet-5', () => refused);
    expect(run.exit).toBe(5);
    expect(failure(run)).toMatch(/answers 403: no access to the model/u);
  });

  it('vertex needs a project', async () => {
    const model = await agentModel('claude-sonnet-5', 'vertex');
    await expect(openClient('vertex', model, {})).rejects.toMatchObject({ code: 'config' });
  });
});

describe('which provider', () => {
  it.each([
    [{}, undefined, 'openrouter', undefined],
    [{ ANTHROPIC_API_KEY: 'k' }, undefined, 'openrouter', 'anthropic'],
    [{ ANTHROPIC_API_KEY: 'k', OPENROUTER_API_KEY: 'k' }, undefined, 'openrouter', 'openrouter'],
    [{ ANTHROPIC_API_KEY: 'k', OPENROUTER_API_KEY: 'k' }, undefined, undefined, 'anthropic'],
    [{ AWS_BEARER_TOKEN_BEDROCK: 'k' }, undefined, undefined, 'bedrock'],
    // A login of the cloud alone spends nothing.
    [{ AWS_PROFILE: 'work', GOOGLE_CLOUD_PROJECT: 'p' }, undefined, 'bedrock', undefined],
    [{ ANTHROPIC_API_KEY: 'k' }, 'vertex', undefined, 'vertex'],
  ] as const)('%j, asked %s, runbook %s: %s', (env, named, ofRunbook, expected) => {
    expect(providerOf(env, named, ofRunbook)).toBe(expected);
  });

  it('an unknown one is refused with the nearest', () => {
    expect(() => providerOf({}, 'bedrok', undefined)).toThrow(
      expect.objectContaining({ code: 'usage', hint: 'Did you mean bedrock?' }) as Error,
    );
  });
});
