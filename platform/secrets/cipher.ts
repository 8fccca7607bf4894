import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { RunbookError } from '../../lib/errors.ts';

/** AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D §8.2.2): version, nonce, tag, ciphertext. */
const VERSION = 1;
const NONCE = 12;
const TAG = 16;
const KEY = 32;

/** Encrypts what rests in the database. */
export class Cipher {
  readonly #key: Buffer;

  /** @param secret the key of the installation, any text of 32 characters or more */
  constructor(secret: string) {
    this.#key = Buffer.from(hkdfSync('sha256', secret, '', 'runbook platform, secrets at rest', KEY));
  }

  /** @param place what it belongs to (table, row, name): moved elsewhere it cannot be read */
  seal(text: string, place: string): Buffer {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    cipher.setAAD(Buffer.from(place));
    const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.from([VERSION]), nonce, cipher.getAuthTag(), content]);
  }

  /** @throws RunbookError `config` where it was sealed with another key, for another place, or was changed */
  open(sealed: Buffer, place: string): string {
    try {
      if (sealed[0] !== VERSION) throw new Error(`version ${String(sealed[0])}`);
      const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(1, 1 + NONCE), {
        authTagLength: TAG,
      });
      decipher.setAAD(Buffer.from(place));
      decipher.setAuthTag(sealed.subarray(1 + NONCE, 1 + NONCE + TAG));
      const content = decipher.update(sealed.subarray(1 + NONCE + TAG));
      return Buffer.concat([content, decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new RunbookError('config', `The secret of ${place} cannot be read: it was stored with another key.`, {
        at: place,
        hint: 'Start with the RUNBOOK_KEY (or the key file) that it was stored with, or set the secret again.',
        cause,
      });
    }
  }
}
