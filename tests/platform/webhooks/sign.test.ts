import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TOLERANCE_S, verify, webhookHeaders } from '../../../platform/webhooks/sign.ts';

const NOW = new Date('2026-07-31T12:00:00.900Z');
const signing = { payload: '{"status":"completed"}', trajectoryId: 'a1b2c3d4', secret: 's3cret', now: NOW };

/** As a server of Node gives them. */
function lower(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

const delivery = { payload: signing.payload, headers: lower(webhookHeaders(signing)), secret: 's3cret', now: NOW };

describe('signing', () => {
  it('is HMAC-SHA256 over "{timestamp}.{payload}", as openssl computes it', () => {
    // printf '1785499200.{"status":"completed"}' | openssl dgst -sha256 -hmac s3cret
    expect(webhookHeaders(signing)).toEqual({
      'X-Mise-Timestamp': '1785499200',
      'X-Mise-Trajectory-Id': 'a1b2c3d4',
      'X-Mise-Signature': '331ffae8a40ef4bcc9971d62f425f32ac99eeb3e87c7e748d80115d3d5c1e053',
    });
  });

  it('without a secret there is no signature', () => {
    expect(webhookHeaders({ ...signing, secret: undefined })).not.toHaveProperty('X-Mise-Signature');
    expect(webhookHeaders({ ...signing, secret: '' })).not.toHaveProperty('X-Mise-Signature');
  });
});

describe('verifying', () => {
  it('what was signed is valid, for any payload and secret, as text and as bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ minLength: 1 }), (payload, secret) => {
        const headers = lower(webhookHeaders({ payload, secret, trajectoryId: 'x', now: NOW }));
        const now = NOW;
        expect(verify({ payload, headers, secret, now })).toEqual({ kind: 'valid' });
        expect(verify({ payload: Buffer.from(payload), headers, secret, now })).toEqual({ kind: 'valid' });
      }),
    );
  });

  it('is valid within five minutes either way, and not a second later', () => {
    const at = (s: number) => verify({ ...delivery, now: new Date(1_785_499_200_000 + s * 1000) }).kind;
    expect([-TOLERANCE_S, 0, TOLERANCE_S].map(at)).toEqual(['valid', 'valid', 'valid']);
    expect([-TOLERANCE_S - 1, TOLERANCE_S + 1].map(at)).toEqual(['invalid', 'invalid']);
  });

  it.each([
    ['another body', { payload: '{"status":"failed"}' }],
    ['another secret', { secret: 'other' }],
    ['no signature', { headers: { ...delivery.headers, 'x-mise-signature': undefined } }],
    ['an empty signature', { headers: { ...delivery.headers, 'x-mise-signature': '' } }],
    ['a short signature', { headers: { ...delivery.headers, 'x-mise-signature': 'ab' } }],
    ['two signatures', { headers: { ...delivery.headers, 'x-mise-signature': ['a', 'b'] } }],
    ['a signature that is no hex', { headers: { ...delivery.headers, 'x-mise-signature': 'z'.repeat(64) } }],
    ['a moved timestamp', { headers: { ...delivery.headers, 'x-mise-timestamp': '1785499201' } }],
    ['no timestamp', { headers: { ...delivery.headers, 'x-mise-timestamp': undefined } }],
    ['a timestamp that is no number', { headers: { ...delivery.headers, 'x-mise-timestamp': '1e9' } }],
  ])('%s is invalid', (_, change) => {
    expect(verify({ ...delivery, ...change }).kind).toBe('invalid');
  });
});
