import { RunbookError } from '../../lib/errors.ts';

export interface PostHogCredentials {
  /** Origin without a trailing slash. */
  host: string;
  /** A number, or `@current` for the key's own project. */
  projectId: string;
  apiKey: string;
}

const WHERE: Record<string, string> = {
  POSTHOG_API_KEY: 'a personal API key (phx_…) with the scope query:read, from Settings → Personal API keys',
  POSTHOG_PROJECT_ID: "the number in the project's URL, as in /project/12345",
  POSTHOG_HOST: 'https://us.posthog.com, https://eu.posthog.com, or your own',
};

/** Hosts of PostHog that answer no queries: they take events, redirect, or show the website. */
const OTHER_HOSTS: [RegExp, string, string][] = [
  [/^(?:us|us-assets)\.i\.posthog\.com$/u, 'takes events but answers no queries', 'https://us.posthog.com'],
  [/^(?:eu|eu-assets)\.i\.posthog\.com$/u, 'takes events but answers no queries', 'https://eu.posthog.com'],
  [/^app\.posthog\.com$/u, 'is the old name of the US region', 'https://us.posthog.com'],
  [
    /^(?:www\.)?posthog\.com$/u,
    'is the website, not the API',
    'https://us.posthog.com or https://eu.posthog.com, the region that your browser shows when you use PostHog',
  ],
];

/** Every key of PostHog starts so: personal, project, project secret, OAuth. */
const KEY = /(?<![a-z0-9])ph[a-z]_\w{8,}/iu;

/**
 * Credentials of the live API from the environment.
 * @throws RunbookError `config` naming every variable that is missing or cannot be right, before any request
 */
export function credentialsFromEnv(env: Readonly<Record<string, string | undefined>>): PostHogCredentials {
  const missing = Object.keys(WHERE).filter((name) => !env[name]?.trim());
  if (missing.length > 0) {
    throw new RunbookError('config', `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set.`, {
      at: missing.join(', '),
      hint: `Set ${missing.map((name) => `${name} (${WHERE[name]})`).join('; ')} in the environment or in a .env file.`,
    });
  }
  const apiKey = env.POSTHOG_API_KEY?.trim() ?? '';
  const projectId = env.POSTHOG_PROJECT_ID?.trim() ?? '';
  checkKey(apiKey);
  if (!/^(?:\d+|@current)$/u.test(projectId))
    throw refusal('POSTHOG_PROJECT_ID', `must be a number, as in the project's URL.`);
  return { host: normaliseHost(env.POSTHOG_HOST?.trim() ?? ''), projectId, apiKey };
}

function refusal(name: string, what: string): RunbookError {
  return new RunbookError('config', `${name} ${what}`, { at: name, hint: `Use ${WHERE[name]}.` });
}

/** The message never repeats what was given: it may be a key that only stands in the wrong variable. */
function checkKey(apiKey: string): void {
  if (apiKey.startsWith('phc_'))
    throw refusal('POSTHOG_API_KEY', 'is a project key (phc_…): it can send events, not read them.');
  if (apiKey.startsWith('phs_'))
    throw refusal('POSTHOG_API_KEY', 'is a project secret key (phs_…): it cannot run queries.');
  if (!/^[\x21-\x7e]+$/u.test(apiKey) || /["'<>…]/u.test(apiKey)) {
    throw refusal(
      'POSTHOG_API_KEY',
      'holds characters that no key has (spaces, quotes, line ends, or a placeholder of an example).',
    );
  }
}

/** The origin to send queries to. What follows the host, as in a URL copied from the browser, is dropped. */
function normaliseHost(given: string): string {
  if (KEY.test(given)) throw refusal('POSTHOG_HOST', 'holds a key, not a host.');
  const shown = JSON.stringify(given);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//iu.exec(given)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
    throw refusal('POSTHOG_HOST', `${shown} is neither http nor https.`);
  let url: URL;
  try {
    url = new URL(scheme === undefined ? `${isLoopback(given) ? 'http' : 'https'}://${given}` : given);
  } catch {
    throw refusal('POSTHOG_HOST', `${shown} is not a host.`);
  }
  const hostname = url.hostname.replace(/\.$/u, '');
  const other = OTHER_HOSTS.find(([pattern]) => pattern.test(hostname));
  if (other) {
    throw new RunbookError('config', `POSTHOG_HOST ${hostname} ${other[1]}.`, {
      at: 'POSTHOG_HOST',
      hint: `Use ${other[2]}.`,
    });
  }
  // PostHog's own hosts speak https only; a redirect would have the key travel in the clear first.
  if (/\.posthog\.com$/u.test(hostname)) return `https://${hostname}`;
  return url.origin;
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?:[:/]|$)/iu.test(host);
}
