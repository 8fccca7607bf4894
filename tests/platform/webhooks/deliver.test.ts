import { afterEach, describe, expect, it } from 'vitest';
import { type Delivery, type DeliveryOptions, deliver, MAX_ATTEMPTS } from '../../../platform/webhooks/deliver.ts';
import { verify } from '../../../platform/webhooks/sign.ts';
import { closeServers, type Loopback, serve } from '../loopback.ts';

afterEach(closeServers);

const NOW = new Date('2026-07-31T12:00:00Z');
const BODY = '{"name":"acme/triage","note":"ä"}';
const HOUR_MS = 3_600_000;

function send(server: Pick<Loopback, 'host'>, given: Partial<DeliveryOptions> = {}): Promise<Delivery> {
  const target = { url: `http://${server.host}/hook`, trajectoryId: 'a1b2c3d4' };
  const allow = { http: true, hosts: [server.host] };
  return deliver(target, BODY, { kind: 'trajectory', attempt: 1, allow, now: NOW, random: () => 0.5, ...given });
}

const status = (code: number, headers: Record<string, string> = {}) =>
  serve((response) => response.writeHead(code, headers).end('thanks'));

describe('what is sent', () => {
  it('is the body, signed so that a receiver can verify it', async () => {
    const server = await status(200);
    expect(await send(server, { secret: 's3cret' })).toEqual({ kind: 'delivered', status: 200 });
    const [received] = server.received;
    expect(received).toMatchObject({ method: 'POST', url: '/hook', body: BODY });
    const { headers = {}, body = '' } = received ?? {};
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-mise-trajectory-id': 'a1b2c3d4' });
    expect(verify({ payload: body, headers, secret: 's3cret', now: NOW })).toEqual({ kind: 'valid' });
  });

  it('to Slack has none of our headers', async () => {
    const server = await status(200);
    await send(server, { kind: 'slack', secret: 's3cret' });
    const names = Object.keys(server.received[0]?.headers ?? {});
    expect(names.filter((name) => name.startsWith('x-mise'))).toEqual([]);
  });
});

describe('what comes of an answer', () => {
  it.each([200, 201, 202, 204, 299])('%d is delivered', async (code) => {
    expect(await send(await status(code))).toEqual({ kind: 'delivered', status: code });
  });

  it.each([408, 425, 429, 500, 502, 503, 504, 599])('%d is tried again', async (code) => {
    expect(await send(await status(code))).toEqual({
      kind: 'retry',
      afterMs: 30_000,
      reason: `The receiver answers with status ${code}.`,
    });
  });

  it.each([301, 302, 304, 400, 401, 403, 404, 410, 413, 422])('%d is given up', async (code) => {
    const server = await status(code, { location: '/elsewhere' });
    expect(await send(server)).toEqual({ kind: 'gave_up', reason: `The receiver answers with status ${code}.` });
    expect(server.received).toHaveLength(1);
  });

  it('307 is followed with the body, and given up where it goes in circles', async () => {
    const server = await serve((response, { url }) => {
      if (url === '/hook') response.writeHead(307, { location: '/new' }).end();
      else response.end();
    });
    expect((await send(server)).kind).toBe('delivered');
    expect(server.received.map(({ body }) => body)).toEqual([BODY, BODY]);
    const circle = await status(307, { location: '/hook' });
    expect((await send(circle)).kind).toBe('gave_up');
  });

  it('2xx is delivered also where its body is too long, breaks or never ends', async () => {
    const long = await serve((response) => response.end('x'.repeat(100_000)));
    const broken = await serve((response) => {
      response.writeHead(202, { 'content-length': 9 }).write('x');
      setTimeout(() => response.destroy(), 20);
    });
    const endless = await serve((response) => {
      response.writeHead(200).write('x');
    });
    expect(await send(long)).toEqual({ kind: 'delivered', status: 200 });
    expect(await send(broken)).toEqual({ kind: 'delivered', status: 202 });
    expect(await send(endless, { timeoutMs: 150 })).toEqual({ kind: 'delivered', status: 200 });
  });

  it('a 404 with an endless body is still given up, a 500 still tried again', async () => {
    const answer = (code: number) => serve((response) => void response.writeHead(code).write('x'));
    expect((await send(await answer(404), { timeoutMs: 150 })).kind).toBe('gave_up');
    expect((await send(await answer(500), { timeoutMs: 150 })).kind).toBe('retry');
  });
});

describe('faults of the network', () => {
  it('silence, a cut connection and nobody there are tried again', async () => {
    const silent = await serve(() => undefined);
    expect(await send(silent, { timeoutMs: 100 })).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('did not answer'),
    });
    const cut = await serve((response) => response.destroy());
    expect((await send(cut)).kind).toBe('retry');
    await closeServers();
    expect((await send(cut)).kind).toBe('retry');
  });

  it('an address that is not allowed is given up at once, and its path is not told', async () => {
    const server = await status(200);
    const outcome = await send(server, { allow: {} });
    expect(outcome).toMatchObject({ kind: 'gave_up' });
    expect(JSON.stringify(outcome)).not.toContain('hook');
    expect(server.received).toEqual([]);
  });

  it('a caller that stops hears of it', async () => {
    const silent = await serve(() => undefined);
    await expect(send(silent, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ code: 'interrupted' });
  });
});

describe('pauses', () => {
  const pause = async (server: Loopback, given: Partial<DeliveryOptions>) => {
    const outcome = await send(server, given);
    return outcome.kind === 'retry' ? outcome.afterMs : outcome.kind;
  };

  it('grow up to eight hours, with full jitter; eight attempts take about a day at most', async () => {
    const server = await status(500);
    const longest = [];
    for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) {
      expect(await pause(server, { attempt, random: () => 0 })).toBe(1000);
      longest.push(Number(await pause(server, { attempt, random: () => 1 })));
    }
    expect(longest.map((ms) => ms / 60_000)).toEqual([1, 5, 25, 125, 480, 480, 480]);
    expect(longest.reduce((sum, ms) => sum + ms, 0) / HOUR_MS).toBeCloseTo(26.6, 1);
    expect(await send(server, { attempt: MAX_ATTEMPTS })).toEqual({
      kind: 'gave_up',
      reason: 'The receiver answers with status 500. It was attempt 8, the last.',
    });
  });

  it.each([
    ['120', 120_000],
    ['Fri, 31 Jul 2026 12:10:00 GMT', 600_000],
    ['Fri, 31 Jul 2026 11:00:00 GMT', 30_000],
    ['5', 30_000],
    ['999999999', 8 * HOUR_MS],
    ['soon', 30_000],
    ['-5', 30_000],
  ])('Retry-After: %s waits %d ms', async (value, expected) => {
    expect(await pause(await status(429, { 'retry-after': value }), {})).toBe(expected);
  });
});
