/** Environment variables whose values are secrets by their name, whatever the runbook declares. */
const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL/u;
/** Shorter values are words that occur in any text. */
const MIN_LENGTH = 8;

/** Replaces secrets in everything that leaves the process: plain, base64 (both alphabets) and URL-encoded. */
export class Scrubber {
  readonly #patterns: { text: string; name: string }[];

  constructor(env: Readonly<Record<string, string | undefined>>, declared: readonly string[] = []) {
    const names = Object.keys(env).filter((name) => declared.includes(name) || SECRET_NAME.test(name));
    this.#patterns = names
      .filter((name) => !/^(?:POSTHOG_HOST|POSTHOG_PROJECT_ID)$/u.test(name))
      .flatMap((name) => forms(env[name] ?? '').map((text) => ({ text, name })))
      .sort((a, b) => b.text.length - a.text.length);
  }

  text(text: string): string {
    return this.#patterns.reduce((out, { text: secret, name }) => out.split(secret).join(`[redacted:${name}]`), text);
  }

  /** Scrubs every string of a JSON value. */
  json<T>(value: T): T {
    return this.#patterns.length === 0 ? value : (this.#walk(value) as T);
  }

  #walk(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.#walk(item));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.#walk(item)]));
    return value;
  }
}

function forms(secret: string): string[] {
  if (secret.length < MIN_LENGTH) return [];
  const base64 = Buffer.from(secret).toString('base64');
  const all = [
    secret,
    base64,
    base64.replace(/=+$/u, ''),
    Buffer.from(secret).toString('base64url'),
    encodeURIComponent(secret),
  ];
  return [...new Set(all)].filter((text) => text.length >= MIN_LENGTH);
}
