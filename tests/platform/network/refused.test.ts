import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOOPBACK, PUBLIC, refusal, resolver } from './asking.ts';

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
    const mixed = [PUBLIC, { address: '10.0.0.1', family: 4 }];
    expect(await refusal({ url: 'https://mixed.example/', ...resolver(mixed) })).toMatchObject({ code: 'forbidden' });
  });

  it('a name without an address, and one that cannot be asked for, are faults of the network', async () => {
    expect(await refusal({ url: 'https://none.example/', ...resolver([]) })).toMatchObject({ code: 'network' });
    const resolve = () => Promise.reject(new Error('SERVFAIL'));
    expect(await refusal({ url: 'https://none.example/', resolve })).toMatchObject({ code: 'network' });
  });
});
