import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { RunbookError } from '../../../lib/errors.ts';
import { type Address, type GuardedRequest, guardedRequest } from '../../../platform/network/guard.ts';
import { closeServers, serve } from '../loopback.ts';

afterEach(closeServers);

/** A sink of the public internet that answers no HTTP (AS112, RFC 7535): public by the table, and nothing is there. */
const PUBLIC = '192.31.196.1';
const LOOPBACK: Address = { address: '127.0.0.1', family: 4 };

type Given = Partial<GuardedRequest> & Pick<GuardedRequest, 'url'>;

function ask(given: Given) {
  return guardedRequest({ method: 'GET', timeoutMs: 5000, maxBytes: 1000, allow: {}, ...given });
}

async function refusal(given: Given): Promise<RunbookError> {
  const outcome = await ask(given).catch((error: unknown) => error);
  if (outcome instanceof RunbookError) return outcome;
  throw new Error(`not refused: ${String(outcome)}`);
}

/** Answers with a list after another; counts. */
function resolver(...answers: Address[][]) {
  const asked: string[] = [];
  return {
    asked,
    resolve: async (host: string) => {
      asked.push(host);
      return answers[Math.min(asked.length, answers.length) - 1] ?? [];
    },
  };
}

describe('addresses that requests may not go to', () => {
  it.each([
    ['ftp://example.com/'],
    ['file:///etc/passwd'],
    ['http://example.com/'],
    ['https://user@example.com/'],
    ['https://user:pass@example.com/'],
    ['https://example.com:22/'],
    ['https://example.com:0/'],
    ['https://127.0.0.1/'],
    ['https://127.1/'],
    ['https://2130706433/'],
    ['https://0x7f000001/'],
    ['https://0x7f.0.0.1/'],
    ['https://0177.0.0.1/'],
    ['https://127.0.0.1./'],
    ['https://①②⑦.⓪.⓪.①/'],
    ['https://127。0。0。1/'],
    ['https://%31%32%37.0.0.1/'],
    ['https://169.254.169.254/latest/meta-data/'],
    ['https://2852039166/'],
    ['https://[::1]/'],
    ['https://[::]/'],
    ['https://[::ffff:127.0.0.1]/'],
    ['https://[::ffff:7f00:1]/'],
    ['https://[::127.0.0.1]/'],
    ['https://[64:ff9b::10.0.0.1]/'],
    ['https://[2002:7f00:1::]/'],
    ['https://[fd00:ec2::254]/'],
    ['https://[fe80::1]/'],
    ['https://0/'],
  ])('%s', async (url) => {
    const names = resolver([LOOPBACK]);
    expect(await refusal({ url, ...names })).toMatchObject({ code: 'forbidden' });
    expect(names.asked).toEqual([]);
  });

  it.each(['', 'example.com', 'https://', 'https://[fe80::1%25eth0]/', 'https://[fe80::1%eth0]/', 'https://a b/'])(
    '%j is no URL',
    async (url) => {
      expect(await refusal({ url })).toMatchObject({ code: 'usage' });
    },
  );

  it.each(['localhost', 'localhost.', 'LOCALHOST', 'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ', 'internal.example', '127.0.0.1.nip.example'])(
    'the name %s leads to the loopback',
    async (name) => {
      const names = resolver([LOOPBACK]);
      const error = await refusal({ url: `https://${name}/`, ...names });
      expect(error).toMatchObject({ code: 'forbidden', hint: expect.stringContaining('PLATFORM_ALLOW_HOSTS') });
      expect(names.asked).toHaveLength(1);
      expect(error.message).toMatch(/^\S+ is not on the public internet\.$/u);
    },
  );

  it('the system itself says where localhost is', async () => {
    expect(await refusal({ url: 'https://localhost/' })).toMatchObject({ code: 'forbidden' });
  });

  it('no address of the private ranges passes, in whatever form it is written', async () => {
    const firsts = fc.constantFrom([10], [127], [169, 254], [172, 16], [172, 31], [192, 168], [100, 64], [0], [224]);
    const rest = fc.array(fc.nat(255), { minLength: 3, maxLength: 3 });
    const bases = fc.array(fc.constantFrom(8, 10, 16), { minLength: 4, maxLength: 4 });
    const written = fc
      .tuple(firsts, rest, fc.integer({ min: 1, max: 4 }), bases, fc.constantFrom('', '.'))
      .map(([first, more, parts, inBase, dot]) => {
        const bytes = [...first, ...more].slice(0, 4);
        // The last part of a short form holds all bytes that are left.
        const last = bytes.slice(parts - 1).reduce((sum, byte) => sum * 256 + byte, 0);
        const numbers = [...bytes.slice(0, parts - 1), last];
        const prefix: Record<number, string> = { 8: '0', 10: '', 16: '0x' };
        return numbers.map((part, i) => `${prefix[inBase[i] ?? 10]}${part.toString(inBase[i] ?? 10)}`).join('.') + dot;
      });
    await fc.assert(
      fc.asyncProperty(written, async (host) => {
        expect(await refusal({ url: `https://${host}/` })).toMatchObject({ code: 'forbidden' });
      }),
      { numRuns: 300 },
    );
  });

  it('one private address among public ones is enough', async () => {
    const mixed = [
      { address: PUBLIC, family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
    expect(await refusal({ url: 'https://mixed.example/', ...resolver(mixed) })).toMatchObject({ code: 'forbidden' });
  });

  it('a name without an address, and one that cannot be asked for, are faults of the network', async () => {
    expect(await refusal({ url: 'https://none.example/', ...resolver([]) })).toMatchObject({ code: 'network' });
    const resolve = () => Promise.reject(new Error('SERVFAIL'));
    expect(await refusal({ url: 'https://none.example/', resolve })).toMatchObject({ code: 'network' });
  });
});

describe('a name is resolved once, and the connection is made to what was checked', () => {
  it('a name that leads to the loopback after the check reaches nothing there', async () => {
    const server = await serve((response) => response.end('secret'));
    const names = resolver([{ address: PUBLIC, family: 4 }], [LOOPBACK]);
    const allow = { http: true, ports: [server.port] };
    const error = await refusal({ url: `http://rebind.example:${server.port}/`, allow, timeoutMs: 400, ...names });
    expect(['timeout', 'network']).toContain(error.code);
    expect(names.asked).toEqual(['rebind.example']);
    expect(server.received).toEqual([]);
  });

  it('the host keeps its name in the request', async () => {
    const server = await serve((response) => response.end('here'));
    const names = resolver([LOOPBACK], [{ address: PUBLIC, family: 4 }]);
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
      (response: import('node:http').ServerResponse) => {
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
