import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Scrubber } from '../../../agent/secrets.ts';
import { type FinishedRun, looksSecret, webhookBody } from '../../../platform/webhooks/payload.ts';

const run: FinishedRun = {
  collection: 'acme',
  task: 'triage',
  trajectoryId: 'a1b2c3d4',
  status: 'failed',
  storagePath: 'acme/triage/0000',
  steps: {
    connect: { status: 'completed', outputs: { success: true, usage: { prompt_tokens: 12, cost_usd: 0.01 } } },
    report: { status: 'failed', outputs: {} },
  },
  initParams: { model: 'm', max_tokens: 100, vars: { window_days: '30' } },
};
const none = new Scrubber({});

describe('the body of a webhook', () => {
  it("has Jetty's fields", () => {
    expect(webhookBody(run, none)).toEqual({
      name: 'acme/triage',
      trajectory_id: 'a1b2c3d4',
      status: 'failed',
      storage_path: 'acme/triage/0000',
      steps: run.steps,
      completed_steps: ['connect'],
      total_steps: ['connect', 'report'],
      init_params: run.initParams,
    });
  });

  it('leaves out parameters that look like secrets, at any depth, and no others', () => {
    const initParams = {
      agent_env: { A: 'hidden' },
      mcp_auth_token: 'hidden',
      subscription_credential: 'hidden',
      vars: { OPENAI_API_KEY: 'hidden', top_n: '5' },
      servers: [{ name: 'a', headers: { Authorization: 'hidden', accept: 'json' } }],
      webhook_url: 'hidden',
    };
    const body = webhookBody({ ...run, initParams }, none);
    expect(body.init_params).toEqual({ vars: { top_n: '5' }, servers: [{ name: 'a', headers: { accept: 'json' } }] });
    expect(JSON.stringify(body)).not.toContain('hidden');
  });

  it('takes known secrets out of outputs and parameters, whatever their key', () => {
    const scrubber = new Scrubber({ POSTHOG_API_KEY: 'phx_verysecretvalue' });
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (key, before, after) => {
        const text = `${before}phx_verysecretvalue${after}`;
        const steps = { run: { status: 'completed', outputs: { [key]: [text] } } };
        const sent = JSON.stringify(webhookBody({ ...run, steps, initParams: { [key]: text } }, scrubber));
        expect(sent).not.toContain('phx_verysecretvalue');
      }),
    );
  });
});

describe('keys that look like secrets', () => {
  it.each([
    'api_key',
    'apiKey',
    'APIKey',
    'APIKEY',
    'X-Api-Key',
    'POSTHOG_API_KEY',
    'accessToken',
    'authtoken',
    'token',
    'token2',
    'client_secret',
    'secret_params',
    'DB_PASSWORD',
    'passwd',
    'ssh.passphrase',
    'credentials',
    'cookie',
    'env',
    'private_key',
  ])('%s does', (key) => {
    expect(looksSecret(key)).toBe(true);
  });

  it.each([
    'max_tokens',
    'promptTokens',
    'keyword',
    'monkey',
    'author',
    'environmental',
    'model',
    'tokenizer',
    'turkey',
    '',
  ])('%j does not', (key) => {
    expect(looksSecret(key)).toBe(false);
  });
});
