import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { Address } from '../../../platform/network/guard.ts';
import { closeServers, serve } from '../loopback.ts';
import { ask, LOOPBACK, PUBLIC, refusal, resolver, SINK } from './asking.ts';

vi.mock('../../../platform/network/addresses.ts', async (original) => {
  const { isPublicAddress } = await original<typeof import('../../../platform/network/addresses.ts')>();
  return { isPublicAddress: (address: string) => address === SINK.address || isPublicAddress(address) };
});

afterEach(closeServers);

describe('a name is resolved once, and the connection is made to what was checked', () => {
  it('a name that leads to the loopback after the check reaches nothing there', async () => {
    const server = await serve((response) => response.end('secret'));
    const names = resolver([SINK], [LOOPBACK]);
    const allow = { http: true, ports: [server.port] };
    const error = await refusal({ url: `http://rebind.example:${server.port}/`, allow, timeoutMs: 400, ...names });
    expect(['timeout', 'network']).toContain(error.code);
    expect(names.asked).toEqual(['rebind.example']);
    expect(server.received).toEqual([]);
  });

  it('the host keeps its name in the request', async () => {
    const server = await serve((response) => response.end('here'));
    const names = resolver([LOOPBACK], [PUBLIC]);
    const host = `hooks.example:${server.port}`;
    const answer = await ask({
      url: `http://HOOKS.example.:${server.port}/a?b=c`,
      allow: { http: true, hosts: [host] },
      ...names,
    });
    expect(answer.body.toString()).toBe('here');
    expect(names.asked).toEqual(['hooks.example']);
    expect(server.received[0]).toMatchObject({ url: '/a?b=c', headers: { host } });
  });

  it('each request has a connection of its own', async () => {
    const server = await serve((response) => response.end('ok'));
    const allow = { http: true, hosts: [server.host] };
    for (let request = 0; request < 2; request += 1) await ask({ url: `http://${server.host}/`, allow });
    expect(new Set(server.received.map(({ from }) => from)).size).toBe(2);
  });

  it('over https the server is asked for by that name', async () => {
    let hello = '';
    const server = createServer((socket) =>
      socket.once('data', (data) => socket.end(data.subarray(0, 0), () => (hello = data.toString('latin1')))),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const allow = { hosts: [`tls.example:${port}`] };
    const error = await refusal({ url: `https://tls.example:${port}/`, allow, ...resolver([LOOPBACK]) });
    server.close();
    expect(error).toMatchObject({ code: 'network', at: `tls.example:${port}` });
    expect(hello).toContain('tls.example');
  });
});

describe('certificates', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'guard-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const program = 'openssl';
  const options = 'req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -subj /CN=tls.example';
  const made = spawnSync(program, options.split(' '), { cwd: folder });

  it.skipIf(made.status !== 0)('one that is not trusted ends the connection before anything is sent', async () => {
    const [key, cert] = ['key', 'cert'].map((name) => readFileSync(path.join(folder, name)));
    let requests = 0;
    const server = createTlsServer({ ...(key && cert ? { key, cert } : {}) }, (_, response) => {
      requests += 1;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const allow = { hosts: [`tls.example:${port}`] };
    const error = await refusal({ url: `https://tls.example:${port}/`, allow, ...resolver([LOOPBACK]) });
    server.close();
    expect(error).toMatchObject({ code: 'network', message: expect.stringContaining('self-signed') });
    expect(requests).toBe(0);
  });
});

describe('hosts that are allowed', () => {
  it('with a port: that port only; without: the usual ports only', async () => {
    const server = await serve((response) => response.end('ok'));
    const at = (port: number) => `http://127.0.0.1:${port}/`;
    const exact = { http: true, hosts: [server.host] };
    expect((await ask({ url: at(server.port), allow: exact })).status).toBe(200);
    expect(await refusal({ url: at(server.port + 1), allow: exact })).toMatchObject({ code: 'forbidden' });
    const bare = { http: true, hosts: ['127.0.0.1'] };
    expect(await refusal({ url: at(server.port), allow: bare })).toMatchObject({ code: 'forbidden' });
    expect((await ask({ url: at(server.port), allow: { ...bare, ports: [server.port] } })).status).toBe(200);
  });

  it.skipIf(!networkInterfaces().lo?.some(({ address }) => address === '::1'))('may be IPv6', async () => {
    const server = await serve((response) => response.end('ok'), '::1');
    const host = `[::1]:${server.port}`;
    const answer = await ask({ url: `http://[0:0::1]:${server.port}/`, allow: { http: true, hosts: [host] } });
    expect(answer.status).toBe(200);
    expect(server.received[0]?.headers.host).toBe(host);
  });

  it('does not make http out of https, nor other hosts reachable', async () => {
    const server = await serve((response) => response.end('ok'));
    expect(await refusal({ url: `http://${server.host}/`, allow: { hosts: [server.host] } })).toMatchObject({
      code: 'forbidden',
    });
    const other = await refusal({
      url: `http://localhost:${server.port}/`,
      allow: { http: true, hosts: [server.host], ports: [server.port] },
    });
    expect(other).toMatchObject({ code: 'forbidden' });
  });
});

describe('redirects', () => {
  /** Redirects to the next number until there is none: /3 → /2 → /1 → /0. */
  const countdown = (status: number) =>
    serve((response, { url }) => {
      const left = Number(url?.slice(1));
      if (left > 0) response.writeHead(status, { location: `/${left - 1}` }).end();
      else response.end('arrived');
    });

  it('three are followed, a fourth is not', async () => {
    const server = await countdown(302);
    const allow = { http: true, hosts: [server.host] };
    expect((await ask({ url: `http://${server.host}/3`, allow })).body.toString()).toBe('arrived');
    expect(await refusal({ url: `http://${server.host}/4`, allow })).toMatchObject({
      code: 'bad_response',
      status: 302,
    });
  });

  it.each([
    ['http://169.254.169.254/'],
    ['https://127.0.0.1/'],
    ['file:///etc/passwd'],
    ['https://u:p@example.com/'],
    ['//localhost/'],
    ['http://[::1]:80/'],
  ])('to %s is refused', async (location) => {
    const server = await serve((response) => response.writeHead(307, { location }).end());
    const allow = { http: true, hosts: [server.host] };
    expect(await refusal({ url: `http://${server.host}/`, allow })).toMatchObject({ code: 'forbidden' });
    expect(server.received).toHaveLength(1);
  });

  it('a POST keeps its body over 307, and has a 302 as its answer', async () => {
    const kept = await countdown(307);
    const url = `http://${kept.host}/1`;
    await ask({ url, method: 'POST', body: '{"a":1}', allow: { http: true, hosts: [kept.host] } });
    expect(kept.received.map(({ method, body }) => [method, body])).toEqual([
      ['POST', '{"a":1}'],
      ['POST', '{"a":1}'],
    ]);
    const moved = await countdown(302);
    const allow = { http: true, hosts: [moved.host] };
    const answer = await ask({ url: `http://${moved.host}/1`, method: 'POST', body: '{}', allow });
    expect(answer.status).toBe(302);
    expect(moved.received).toHaveLength(1);
  });

  it('credentials stay with the host they were given for', async () => {
    const other = await serve((response) => response.end('ok'));
    const first = await serve((response) => response.writeHead(302, { location: `http://${other.host}/` }).end());
    const allow = { http: true, hosts: [first.host, other.host] };
    await ask({ url: `http://${first.host}/`, allow, headers: { Authorization: 'Bearer x', 'x-kept': 'yes' } });
    expect(first.received[0]?.headers).toMatchObject({ authorization: 'Bearer x' });
    expect(other.received[0]?.headers.authorization).toBeUndefined();
    expect(other.received[0]?.headers).toMatchObject({ 'x-kept': 'yes' });
  });
});

describe('bounds', () => {
  it('a body up to the bound is whole, one beyond it an error', async () => {
    const server = await serve((response, { url }) => response.end('x'.repeat(Number(url?.slice(1)))));
    const allow = { http: true, hosts: [server.host] };
    expect((await ask({ url: `http://${server.host}/1000`, allow })).body).toHaveLength(1000);
    const error = await refusal({ url: `http://${server.host}/1001`, allow });
    expect(error).toMatchObject({ code: 'bad_response', status: 200 });
  });

  it.each([
    ['says nothing', () => undefined],
    [
      'stops in the middle of its body',
      (response: ServerResponse) => {
        response.writeHead(200).write('a');
      },
    ],
  ])('a server that %s is given up in time', async (_, answer) => {
    const server = await serve(answer);
    const allow = { http: true, hosts: [server.host] };
    const error = await refusal({ url: `http://${server.host}/secret-path`, allow, timeoutMs: 150 });
    expect(error.code).toBe('timeout');
    expect(error.message).not.toContain('secret-path');
  });

  it('a resolver that never answers is given up in time', async () => {
    const resolve = () => new Promise<Address[]>(() => undefined);
    expect(await refusal({ url: 'https://slow.example/', resolve, timeoutMs: 100 })).toMatchObject({ code: 'timeout' });
  });

  it('a connection that breaks in the body is a fault of the network that knows the status', async () => {
    const server = await serve((response) => {
      response.writeHead(200, { 'content-length': 100 }).write('a');
      setTimeout(() => response.destroy(), 20);
    });
    const allow = { http: true, hosts: [server.host] };
    expect(await refusal({ url: `http://${server.host}/`, allow })).toMatchObject({ code: 'network', status: 200 });
  });

  it('a caller that stops is told so, before and during the request', async () => {
    const server = await serve(() => undefined);
    const allow = { http: true, hosts: [server.host] };
    const url = `http://${server.host}/`;
    expect(await refusal({ url, allow, signal: AbortSignal.abort() })).toMatchObject({ code: 'interrupted' });
    expect(await refusal({ url, allow, signal: AbortSignal.timeout(50) })).toMatchObject({ code: 'interrupted' });
  });

  it('nothing that listens is a fault of the network', async () => {
    const server = await serve(() => undefined);
    await closeServers();
    const error = await refusal({ url: `http://${server.host}/`, allow: { http: true, hosts: [server.host] } });
    expect(error).toMatchObject({ code: 'network' });
  });
});
