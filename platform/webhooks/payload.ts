import type { Scrubber } from '../../agent/secrets.ts';

/** A run that is over, as a webhook tells of it. */
export interface FinishedRun {
  collection: string;
  task: string;
  trajectoryId: string;
  status: 'completed' | 'failed' | 'cancelled';
  storagePath: string;
  /** By name, in the workflow's order; those that never began included. */
  steps: Readonly<Record<string, { status: string; outputs: unknown }>>;
  initParams: Readonly<Record<string, unknown>>;
}

/** The body of a webhook, in Jetty's form; `completed_steps` and `total_steps` are names, as in a trajectory. */
export interface WebhookBody {
  name: string;
  trajectory_id: string;
  status: FinishedRun['status'];
  storage_path: string;
  steps: Record<string, { status: string; outputs: unknown }>;
  completed_steps: string[];
  total_steps: string[];
  init_params: Record<string, unknown>;
}

/**
 * The body that tells of a finished run. No secret is in it: of the parameters, values under keys that look like secrets are left out
 * with their keys, at any depth (see `looksSecret`); known values are taken out of everything.
 * @param scrubber knows the secrets of the run's environment
 */
export function webhookBody(run: FinishedRun, scrubber: Scrubber): WebhookBody {
  const steps = Object.entries(run.steps);
  return scrubber.json({
    name: `${run.collection}/${run.task}`,
    trajectory_id: run.trajectoryId,
    status: run.status,
    storage_path: run.storagePath,
    steps: Object.fromEntries(steps.map(([name, { status, outputs }]) => [name, { status, outputs }])),
    completed_steps: steps.filter(([, { status }]) => status === 'completed').map(([name]) => name),
    total_steps: steps.map(([name]) => name),
    init_params: withoutSecrets(run.initParams) as Record<string, unknown>,
  });
}

/** A word of a key that says that its value is a secret. `tokens` does not: it counts (`max_tokens`). */
const SECRET_WORD =
  /^(?:keys?|env|environment|auth|authorization|bearer|cookies?|webhook|pwd|\w*(?:token|secrets?|passw(?:or)?ds?|passphrase|credentials?|apikeys?|accesskey|privatekey|secretkey))$/iu;

/**
 * Whether a key names a secret: one of its words is `key`, `token`, `secret`, `password`, `passphrase`, `credential`, `auth`,
 * `authorization`, `bearer`, `cookie`, `env`, `environment` or `webhook` (whose URL is one), or ends in such a word (`authtoken`). Words
 * are parted by `_`, `-`, `.`, digits and capitals.
 */
export function looksSecret(key: string): boolean {
  const words = key.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/gu) ?? [];
  return words.some((word) => SECRET_WORD.test(word));
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !looksSecret(key));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutSecrets(item)]));
}
