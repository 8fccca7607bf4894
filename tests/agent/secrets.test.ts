import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Scrubber } from '../../agent/secrets.ts';

const secret = fc.string({ unit: 'grapheme', minLength: 12, maxLength: 60 }).filter((text) => text.trim().length >= 12);

describe('Scrubber', () => {
  it('names the variable in the place of its value', () => {
    const scrubber = new Scrubber({ POSTHOG_API_KEY: 'phx_0123456789' });
    expect(scrubber.text('Bearer phx_0123456789!')).toBe('Bearer [redacted:POSTHOG_API_KEY]!');
  });

  it('leaves alone what is no secret: short values, addresses, other variables', () => {
    const env = {
      API_KEY: 'short',
      POSTHOG_HOST: 'https://us.posthog.com',
      POSTHOG_PROJECT_ID: '123456789',
      HOME: '/home/someone',
    };
    const scrubber = new Scrubber(env, ['POSTHOG_HOST', 'POSTHOG_PROJECT_ID']);
    const text = Object.values(env).join(' ');
    expect(scrubber.text(text)).toBe(text);
  });

  it('takes variables that the runbook declares, whatever their name', () => {
    expect(new Scrubber({ GATEWAY: 'abcdefgh1234' }, ['GATEWAY']).text('abcdefgh1234')).toBe('[redacted:GATEWAY]');
    expect(new Scrubber({ GATEWAY: 'abcdefgh1234' }).text('abcdefgh1234')).toBe('abcdefgh1234');
  });

  it('finds a secret in any text, plain, URL-encoded, JSON-escaped, and base64 at any offset', () => {
    const scrubbed = (value: string, text: string) => new Scrubber({ X_TOKEN: value }).text(text);
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        expect(scrubbed(value, before + value + after)).not.toContain(value);
        expect(scrubbed(value, `${before}${encodeURIComponent(value)}`)).not.toContain(encodeURIComponent(value));
        const body = JSON.stringify({ nested: JSON.stringify({ value }) });
        expect(JSON.stringify(new Scrubber({ X_TOKEN: value }).json(JSON.parse(body)))).not.toContain(
          JSON.stringify(value).slice(1, -1),
        );
        const basic = Buffer.from(`${before}:${value}`).toString('base64');
        expect(Buffer.from(scrubbed(value, basic), 'base64').toString()).not.toContain(value);
        expect(scrubbed(value, basic)).toContain('[redacted:X_TOKEN]');
        const url = Buffer.from(`${before}:${value}`).toString('base64url');
        expect(scrubbed(value, url)).toContain('[redacted:X_TOKEN]');
      }),
    );
  });

  it('scrubs every string of a value, names of fields as well, and keeps the rest', () => {
    const scrubber = new Scrubber({ A_SECRET: 'correct horse' });
    expect(scrubber.json({ a: ['x correct horse'], 'correct horse': 1, n: null, t: true })).toEqual({
      a: ['x [redacted:A_SECRET]'],
      '[redacted:A_SECRET]': 1,
      n: null,
      t: true,
    });
  });
});
