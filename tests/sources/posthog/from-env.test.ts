import { describe, expect, it } from 'vitest';
import { credentialsFromEnv } from '../../../sources/posthog/from-env.ts';

const good = { POSTHOG_API_KEY: 'phx_abc', POSTHOG_PROJECT_ID: '12', POSTHOG_HOST: 'us.posthog.com/' };

describe('credentialsFromEnv', () => {
  it('completes the host', () => {
    expect(credentialsFromEnv(good)).toEqual({ host: 'https://us.posthog.com', projectId: '12', apiKey: 'phx_abc' });
  });

  it('names every missing variable at once', () => {
    expect(() => credentialsFromEnv({})).toThrow(/POSTHOG_API_KEY, POSTHOG_PROJECT_ID, POSTHOG_HOST are not set/u);
    expect(() => credentialsFromEnv({ ...good, POSTHOG_HOST: ' ' })).toThrow(/POSTHOG_HOST is not set/u);
  });

  it('knows a project key, a project name and a capture host for what they are', () => {
    expect(() => credentialsFromEnv({ ...good, POSTHOG_API_KEY: 'phc_abc' })).toThrow(/project key/u);
    expect(() => credentialsFromEnv({ ...good, POSTHOG_PROJECT_ID: 'my-project' })).toThrow(/must be a number/u);
    expect(() => credentialsFromEnv({ ...good, POSTHOG_HOST: 'https://eu.i.posthog.com' })).toThrow(
      /answers no queries/u,
    );
  });
});
