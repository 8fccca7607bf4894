import { describe, expect, it } from 'vitest';
import { allowedHosts, targetOf } from '../../../platform/network/target.ts';

describe('PLATFORM_ALLOW_HOSTS', () => {
  it('is read as hosts in the form that URLs have', () => {
    expect(allowedHosts(' Hooks.Internal., 10.0.0.7:8080,[FD00::1]:443 bücher.example\n0x7f.1')).toEqual([
      'hooks.internal',
      '10.0.0.7:8080',
      '[fd00::1]:443',
      'xn--bcher-kva.example',
      '127.0.0.1',
    ]);
    expect(allowedHosts(' ')).toEqual([]);
  });

  it.each([
    'https://hooks.internal',
    'hooks.internal/path',
    'user@hooks.internal',
    'fd00::1',
    'host:99999',
    ':80',
    '*.internal',
  ])('%s is refused', (text) => {
    expect(() => allowedHosts(`ok.example, ${text}`)).toThrow(
      expect.objectContaining({ code: 'config', at: 'PLATFORM_ALLOW_HOSTS' }),
    );
  });

  it('an allowed host is found however a URL writes it', () => {
    const hosts = allowedHosts('[fd00::1]:8443, 10.0.0.7:8443, bücher.example');
    for (const url of ['https://[fd00:0::1]:8443/', 'https://167772167:8443/', 'https://BÜCHER.example./'])
      expect(targetOf(url, { hosts }).listed).toBe(true);
    for (const url of ['https://a.bücher.example/', 'https://bücher.example.evil.example/'])
      expect(targetOf(url, { hosts }).listed).toBe(false);
  });
});
