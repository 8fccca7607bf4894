import { describe, expect, it } from 'vitest';
import { credentialsFromEnv } from '../../../sources/posthog/from-env.ts';
import { posthogSourceFromEnv } from '../../../sources/posthog/posthog-source.ts';
import { failedWith, KEY } from './client.ts';

const good = { POSTHOG_API_KEY: KEY, POSTHOG_PROJECT_ID: '12', POSTHOG_HOST: 'us.posthog.com/' };

function refusal(env: Record<string, string>) {
  try {
    credentialsFromEnv(env);
  } catch (thrown) {
    const error = failedWith(thrown);
    expect(error.code).toBe('config');
    return error;
  }
  throw new Error('was not refused');
}

describe('credentialsFromEnv', () => {
  it.each([
    ['us.posthog.com/', 'https://us.posthog.com'],
    [' https://eu.posthog.com ', 'https://eu.posthog.com'],
    ['HTTPS://US.PostHog.com/project/12/settings', 'https://us.posthog.com'],
    ['http://us.posthog.com', 'https://us.posthog.com'],
    ['posthog.example.org:8443', 'https://posthog.example.org:8443'],
    ['http://posthog.internal', 'http://posthog.internal'],
    ['http://user:pass@posthog.internal', 'http://posthog.internal'],
    ['localhost:8123', 'http://localhost:8123'],
    ['127.0.0.1:8123/', 'http://127.0.0.1:8123'],
    ['[::1]:8123', 'http://[::1]:8123'],
    ['localhost.example.org', 'https://localhost.example.org'],
  ])('completes the host %s', (given, host) => {
    expect(credentialsFromEnv({ ...good, POSTHOG_HOST: given })).toEqual({ host, projectId: '12', apiKey: KEY });
  });

  it('takes the own project of the key', () => {
    expect(credentialsFromEnv({ ...good, POSTHOG_PROJECT_ID: '@current' }).projectId).toBe('@current');
  });

  it('names every missing variable at once, with where to get it', () => {
    const all = refusal({});
    expect(all.message).toBe('POSTHOG_API_KEY, POSTHOG_PROJECT_ID, POSTHOG_HOST are not set.');
    expect(all.hint).toMatch(/phx_….*query:read.*Settings.*project's URL.*https:\/\/eu\.posthog\.com.*\.env/u);
    expect(refusal({ ...good, POSTHOG_HOST: ' ' }).message).toBe('POSTHOG_HOST is not set.');
  });

  it.each([
    ['us.i.posthog.com', /takes events but answers no queries/u, /https:\/\/us\.posthog\.com/u],
    ['https://eu.i.posthog.com', /takes events but answers no queries/u, /https:\/\/eu\.posthog\.com/u],
    ['https://app.posthog.com', /old name/u, /https:\/\/us\.posthog\.com/u],
    ['posthog.com', /website/u, /us\.posthog\.com or https:\/\/eu\.posthog\.com/u],
    ['ftp://us.posthog.com', /neither http nor https/u, /us\.posthog\.com/u],
    ['https://', /not a host/u, /us\.posthog\.com/u],
    ['a b', /not a host/u, /us\.posthog\.com/u],
  ])('refuses the host %s and names the right one', (given, message, hint) => {
    const error = refusal({ ...good, POSTHOG_HOST: given });
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  it.each([
    ['phc_abcdefgh12345', /project key \(phc_…\)/u],
    ['phs_abcdefgh12345', /project secret key/u],
    ['phx_…', /placeholder/u],
    [`"${KEY}"`, /quotes/u],
    [`${KEY}\n${KEY}`, /line ends/u],
  ])('refuses the key %s', (given, message) => {
    const error = refusal({ ...good, POSTHOG_API_KEY: given });
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(/query:read/u);
  });

  it('refuses a project that is no number', () => {
    expect(refusal({ ...good, POSTHOG_PROJECT_ID: 'my-project' }).message).toMatch(/must be a number/u);
  });

  it('shows no key that stands in the wrong variable', () => {
    refusal({ ...good, POSTHOG_PROJECT_ID: KEY });
    refusal({ ...good, POSTHOG_HOST: KEY });
    refusal({ ...good, POSTHOG_HOST: `https://${KEY}@us.posthog.com` });
  });
});

it('makes a source with a label that tells where, not how', () => {
  const asOf = new Date('2026-02-03T04:05:06Z');
  const source = posthogSourceFromEnv(good, asOf);
  expect(source.label).toBe('us.posthog.com project 12');
  expect(source.now()).toBe(asOf);
  expect(JSON.stringify(source)).not.toContain(KEY);
});
