import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cipher } from '../../platform/secrets/cipher.ts';
import { installationKey } from '../../platform/secrets/key.ts';

const KEY = 'k'.repeat(32);
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'key-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a sealed secret', () => {
  it('opens as it was, with the same key and for the same place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, place) => {
        expect(new Cipher(KEY).open(new Cipher(KEY).seal(text, place), place)).toBe(text);
      }),
    );
  });

  it('opens with no other key, nowhere else, and not where a byte of it is another', () => {
    const sealed = new Cipher(KEY).seal('phx_secret', 'environment a POSTHOG_API_KEY');
    expect(() => new Cipher('o'.repeat(32)).open(sealed, 'environment a POSTHOG_API_KEY')).toThrow(/another key/u);
    expect(() => new Cipher(KEY).open(sealed, 'environment b POSTHOG_API_KEY')).toThrow(/another key/u);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => new Cipher(KEY).open(changed, 'environment a POSTHOG_API_KEY'), `byte ${at}`).toThrow();
    }
    expect(() => new Cipher(KEY).open(Buffer.alloc(3), '')).toThrow(/another key/u);
  });

  it('is another each time, and does not hold its text', () => {
    const [one, two] = [0, 1].map(() => new Cipher(KEY).seal('phx_secret', 'p'));
    expect(one?.equals(two as Buffer)).toBe(false);
    expect(one?.includes('phx_secret')).toBe(false);
  });
});

describe('the key of an installation', () => {
  it('is that of the environment, else a file that only its owner may read', () => {
    expect(installationKey(dir, { RUNBOOK_KEY: ` ${KEY}\n` })).toBe(KEY);
    const made = installationKey(dir, {});
    expect(statSync(path.join(dir, 'secret.key')).mode & 0o777).toBe(0o600);
    expect(installationKey(dir, {})).toBe(made);
    expect(readFileSync(path.join(dir, 'secret.key'), 'utf8').trim()).toBe(made);
  });

  it('is refused where it is short or others may read it', () => {
    expect(() => installationKey(dir, { RUNBOOK_KEY: 'short' })).toThrow(/RUNBOOK_KEY has 5 characters/u);
    installationKey(dir, {});
    chmodSync(path.join(dir, 'secret.key'), 0o644);
    expect(() => installationKey(dir, {})).toThrow(/may be read by others/u);
    chmodSync(path.join(dir, 'secret.key'), 0o600);
    writeFileSync(path.join(dir, 'secret.key'), 'short');
    expect(() => installationKey(dir, {})).toThrow(/has 5 characters/u);
  });
});
