import { RunbookError } from '../../lib/errors.ts';

export interface PostHogCredentials {
  /** Origin without a trailing slash. */
  host: string;
  projectId: string;
  apiKey: string;
}

const WHERE: Record<string, string> = {
  POSTHOG_API_KEY: 'a personal API key (phx_…) with the scope query:read, from Settings → Personal API keys',
  POSTHOG_PROJECT_ID: "the numeric id in the project's URL",
  POSTHOG_HOST: 'https://us.posthog.com, https://eu.posthog.com, or your own',
};

/** Capture hosts take events but answer no queries. */
const INGESTION: Record<string, string> = {
  'us.i.posthog.com': 'us.posthog.com',
  'eu.i.posthog.com': 'eu.posthog.com',
  'app.posthog.com': 'us.posthog.com',
};

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
  if (apiKey.startsWith('phc_')) {
    throw new RunbookError('config', 'POSTHOG_API_KEY is a project key (phc_…): it can send events, not read them.', {
      at: 'POSTHOG_API_KEY',
      hint: `Use ${WHERE.POSTHOG_API_KEY}.`,
    });
  }
  const projectId = env.POSTHOG_PROJECT_ID?.trim() ?? '';
  if (!/^(?:\d+|@current)$/u.test(projectId)) {
    throw new RunbookError('config', `POSTHOG_PROJECT_ID must be a number, as in the project's URL.`, {
      at: 'POSTHOG_PROJECT_ID',
      hint: `Use ${WHERE.POSTHOG_PROJECT_ID}.`,
    });
  }
  return { host: normaliseHost(env.POSTHOG_HOST?.trim() ?? ''), projectId, apiKey };
}

function normaliseHost(given: string): string {
  let url: URL;
  try {
    url = new URL(/^https?:\/\//iu.test(given) ? given : `https://${given}`);
  } catch (cause) {
    throw new RunbookError('config', `POSTHOG_HOST ${JSON.stringify(given)} is not a host.`, {
      at: 'POSTHOG_HOST',
      hint: `Use ${WHERE.POSTHOG_HOST}.`,
      cause,
    });
  }
  const better = Object.hasOwn(INGESTION, url.hostname) ? INGESTION[url.hostname] : undefined;
  if (better) {
    throw new RunbookError('config', `POSTHOG_HOST ${url.hostname} takes events but answers no queries.`, {
      at: 'POSTHOG_HOST',
      hint: `Use https://${better}.`,
    });
  }
  return url.origin;
}
