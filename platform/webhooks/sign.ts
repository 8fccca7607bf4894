import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far a receiver's clock and the sender's may be apart, s: an older delivery may be a replayed one. */
export const TOLERANCE_S = 300;

export interface Signing {
  /** The body, byte for byte as it is sent. */
  payload: string;
  trajectoryId: string;
  /** Without one, deliveries carry no signature, as Jetty's do. */
  secret?: string | undefined;
  now: Date;
}

/** The headers of a delivery. */
export function webhookHeaders({ payload, trajectoryId, secret, now }: Signing): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  return {
    'X-Mise-Timestamp': timestamp,
    'X-Mise-Trajectory-Id': trajectoryId,
    ...(secret ? { 'X-Mise-Signature': digest(secret, timestamp, payload).toString('hex') } : {}),
  };
}

export interface Received {
  /** The body as it came, before it is parsed. */
  payload: string | Buffer;
  /** Names in lower case, as Node gives them. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  secret: string;
  now: Date;
  /** Default `TOLERANCE_S`. */
  toleranceS?: number;
}

export type Verification = { kind: 'valid' } | { kind: 'invalid'; reason: string };

/** Whether a delivery comes from who knows the secret, and lately. The comparison takes the same time whatever is wrong. */
export function verify({ payload, headers, secret, now, toleranceS = TOLERANCE_S }: Received): Verification {
  const { 'x-mise-signature': signature, 'x-mise-timestamp': timestamp } = headers;
  if (typeof signature !== 'string' || !/^[\da-f]{64}$/iu.test(signature))
    return { kind: 'invalid', reason: 'X-Mise-Signature is missing, or is no hex SHA-256' };
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/u.test(timestamp))
    return { kind: 'invalid', reason: 'X-Mise-Timestamp is missing, or is no number of seconds' };
  if (!timingSafeEqual(Buffer.from(signature, 'hex'), digest(secret, timestamp, payload)))
    return { kind: 'invalid', reason: 'the signature is of another body, timestamp or secret' };
  const apart = Math.abs(now.getTime() / 1000 - Number(timestamp));
  if (apart > toleranceS) return { kind: 'invalid', reason: `the delivery was signed ${Math.round(apart)} s from now` };
  return { kind: 'valid' };
}

/** HMAC-SHA256 over `"{timestamp}.{payload}"`. */
function digest(secret: string, timestamp: string, payload: string | Buffer): Buffer {
  return createHmac('sha256', secret).update(`${timestamp}.`).update(payload).digest();
}
