import http from 'node:http';
import { Agent } from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { keepToPublic } from '../../../platform/network/outbound.ts';
import { closeServers, serve } from '../loopback.ts';

let end = () => {};
afterEach(async () => {
  end();
  await closeServers();
});

/** `connected`, or the code of what kept it from that. */
function outcomeOf(socket: net.Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('connect', () => resolve('connected'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  }).finally(() => socket.destroy()) as Promise<string>;
}

async function fetched(url: string): Promise<string> {
  try {
    return await (await fetch(url)).text();
  } catch (error) {
    return String(((error as Error).cause as { code?: string }).code);
  }
}

function got(url: string): Promise<string> {
  return new Promise((resolve) => {
    const request = http.get(url, { agent: new http.Agent() }, (answer) => resolve(String(answer.statusCode)));
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  });
}

describe('a process that keeps to the public internet', () => {
  it('connects to nothing of its own machine or network, whatever asks and however it is written', async () => {
    const { port, received } = await serve((response) => response.end('secret'));
    end = keepToPublic({});
    const hosts = ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '0', '[::1]', '[::ffff:127.0.0.1]', '127.0.0.1.'];
    for (const host of hosts) expect(await fetched(`http://${host}:${port}/`), host).toBe('ERR_NOT_PUBLIC');
    for (const host of ['169.254.169.254', '10.0.0.1', '[fd00:ec2::254]'])
      expect(await fetched(`http://${host}/latest/meta-data`), host).toBe('ERR_NOT_PUBLIC');
    expect(await got(`http://localhost:${port}/`)).toBe('ERR_NOT_PUBLIC');
    expect(await got(`http://127.0.0.1:${port}/`)).toBe('ERR_NOT_PUBLIC');
    expect(await outcomeOf(net.connect(port))).toBe('ERR_NOT_PUBLIC');
    expect(await outcomeOf(net.connect(port, '127.0.0.1'))).toBe('ERR_NOT_PUBLIC');
    expect(await outcomeOf(new net.Socket().connect({ port, host: 'localhost' }))).toBe('ERR_NOT_PUBLIC');
    expect(await outcomeOf(tls.connect({ port, host: '127.0.0.1' }))).toBe('ERR_NOT_PUBLIC');
    expect(await outcomeOf(new Agent().createConnection({ port, host: 'localhost' }) as net.Socket)).toBe(
      'ERR_NOT_PUBLIC',
    );
    expect(received).toEqual([]);
  });

  it('looks at the address that a name has when it connects', async () => {
    end = keepToPublic({});
    const lookup: net.LookupFunction = (_host, options, callback) => {
      const mixed = [
        { address: '8.8.8.8', family: 4 },
        { address: '192.168.0.1', family: 4 },
      ];
      if (options.all) callback(null, mixed);
      else callback(null, '192.168.0.1', 4);
    };
    for (const autoSelectFamily of [true, false])
      expect(await outcomeOf(net.connect({ port: 80, host: 'rebind.example', lookup, autoSelectFamily }))).toBe(
        'ERR_NOT_PUBLIC',
      );
  });

  it('reaches what whoever runs the server has named', async () => {
    const { port, host } = await serve((response) => response.end('here'));
    for (const name of ['DATABASE_URL', 'LITELLM_PRICING_URL', 'ANTHROPIC_BASE_URL', 'HTTPS_PROXY']) {
      end = keepToPublic({ [name]: `http://user:pass@${host}/x` });
      expect(await fetched(`http://127.0.0.1:${port}/`), name).toBe('here');
      expect(await fetched('http://127.0.0.1:8009/'), name).toBe('ERR_NOT_PUBLIC');
      end();
    }
    end = keepToPublic({ PLATFORM_ALLOW_HOSTS: `localhost:${port}` });
    expect(await fetched(`http://localhost:${port}/`)).toBe('here');
    end();
    end = keepToPublic({ PLATFORM_ALLOW_HOSTS: '[::1]:8010' });
    expect(await fetched('http://[::1]:8010/')).not.toBe('ERR_NOT_PUBLIC');
    expect(await fetched('http://[::1]:8011/')).toBe('ERR_NOT_PUBLIC');
  });
});
