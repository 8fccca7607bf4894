import { literalPattern } from './literal-pattern.ts';

/** Environment variables whose values are secrets by their name, whatever the runbook declares. */
const SECRET_NAME = /KEY|TOKEN|SECRET|PASSW|CREDENTIAL/iu;
/** Where to connect is no secret, even where a runbook lists it among its secrets: reports and labels name it. */
const ADDRESS_NAME = /_(?:HOST|URL|ID|REGION)$/iu;
/** Shorter values are words that occur in any text. */
const MIN_LENGTH = 8;

/** Replaces secrets in everything that leaves the process: plain, base64 (at any offset, both alphabets), URL-encoded and JSON-escaped. */
export class Scrubber {
  readonly #pattern: RegExp | undefined;
  readonly #names = new Map<string, string>();

  /** @param declared names of the environment variables that the runbook calls secrets */
  constructor(env: Readonly<Record<string, string | undefined>>, declared: readonly string[] = []) {
    for (const [name, value] of Object.entries(env)) {
      if (!declared.includes(name) && !SECRET_NAME.test(name)) continue;
      if (ADDRESS_NAME.test(name) || value === undefined || value.trim().length < MIN_LENGTH) continue;
      for (const form of [...forms(value), ...forms(value.trim())]) {
        if (!this.#names.has(form)) this.#names.set(form, name);
      }
    }
    const longestFirst = [...this.#names.keys()].sort((a, b) => b.length - a.length);
    if (longestFirst.length > 0) this.#pattern = new RegExp(longestFirst.map(literalPattern).join('|'), 'gu');
  }

  text(text: string): string {
    return this.#pattern ? text.replace(this.#pattern, (form) => `[redacted:${this.#names.get(form)}]`) : text;
  }

  /** Names of the variables whose values stand in a text. */
  namesIn(text: string): string[] {
    const found = this.#pattern ? text.match(this.#pattern) : null;
    return [...new Set(found?.map((form) => this.#names.get(form) ?? ''))];
  }

  /** Scrubs every string of a JSON value, keys as well. */
  json<T>(value: T): T {
    return this.#pattern ? (this.#walk(value) as T) : value;
  }

  #walk(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.#walk(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.#walk(item)]));
  }
}

/** The forms in which a secret turns up in texts, requests and headers. */
function forms(secret: string): string[] {
  const url = encodeURIComponent(secret);
  const form = new URLSearchParams([['', secret]]).toString().slice(1);
  const inJson = JSON.stringify(secret).slice(1, -1);
  const encoded = [0, 1, 2].flatMap((offset) => {
    const text = base64At(secret, offset);
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const all = [secret, inJson, url, lowerHex(url), form, lowerHex(form), ...encoded];
  return [...new Set(all)].filter((text) => text.length >= MIN_LENGTH);
}

/**
 * The characters that base64 gives a secret whatever stands around it, when it begins at `offset` modulo 3: those of its edges hold bits
 * of the neighbours (`Basic base64(user:secret)`).
 */
function base64At(secret: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
  const start = offset === 0 ? 0 : offset + 1;
  return bytes.toString('base64').slice(start, Math.floor((bytes.length * 8) / 6));
}

function lowerHex(encoded: string): string {
  return encoded.replace(/%[\dA-F]{2}/gu, (hex) => hex.toLowerCase());
}
