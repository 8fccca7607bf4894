import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../../platform/network/addresses.ts';

/** First and last address of each block that is not public, written out by hand. */
const BLOCKS_V4: [string, string][] = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['168.63.129.16', '168.63.129.16'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
];

const number = (address: string) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const dotted = (value: number) => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
const hexed = (value: number) => `${Math.floor(value / 65_536).toString(16)}:${(value % 65_536).toString(16)}`;
const privateV4 = fc
  .constantFrom(...BLOCKS_V4)
  .chain(([first, last]) => fc.integer({ min: number(first), max: number(last) }));
const anyV4 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));

describe('addresses that are not of the public internet', () => {
  it('no IPv4 address of the blocks passes, in whatever IPv6 it is wrapped', () => {
    fc.assert(
      fc.property(privateV4, group, (value, other) => {
        const wrapped = [
          dotted(value),
          `::ffff:${dotted(value)}`,
          `::ffff:${hexed(value)}`,
          `::${dotted(value)}`,
          `::ffff:0:${dotted(value)}`,
          `64:ff9b::${dotted(value)}`,
          `64:ff9b::${hexed(value)}`,
          `64:ff9b:1::${hexed(value)}`,
          `2002:${hexed(value)}:${other}::1`,
          `2001:0:${hexed(value)}:${other}::${other}`,
        ];
        expect(wrapped.filter(isPublicAddress)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('mapped, compatible, 6to4 and Teredo addresses never pass, whatever they carry', () => {
    fc.assert(
      fc.property(anyV4, (value) => {
        const wrapped = [
          `::ffff:${dotted(value)}`,
          `::${hexed(value)}`,
          `2002:${hexed(value)}::`,
          `2001::${hexed(value)}`,
        ];
        expect(wrapped.filter(isPublicAddress)).toEqual([]);
      }),
    );
  });

  it('IPv6 outside global unicast never passes', () => {
    const first = fc.integer({ min: 0, max: 0xffff }).filter((value) => value < 0x2000 || value > 0x3fff);
    fc.assert(
      fc.property(first, fc.array(group, { minLength: 7, maxLength: 7 }), (head, rest) => {
        fc.pre(head !== 0x64);
        expect(isPublicAddress([head.toString(16), ...rest].join(':'))).toBe(false);
      }),
    );
  });

  it.each([
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    '2606:4700::1111%1',
    'fd00:ec2::254',
    'fd20:ce::254',
    'fc00::1',
    'fec0::1',
    'ff02::1',
    '100::1',
    '2001:db8::1',
    '2001:20::1',
    '3fff::1',
    '5f00::1',
    '169.254.169.254',
    '100.100.100.200',
    '192.0.0.192',
    '',
    'localhost',
    '127.1',
    '0x7f.0.0.1',
    '127.0.0.1 ',
    '[::1]',
  ])('%j', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('addresses of the public internet', () => {
  it('all of IPv4 outside the blocks passes, also behind NAT64', () => {
    fc.assert(
      fc.property(anyV4, (value) => {
        fc.pre(!BLOCKS_V4.some(([first, last]) => value >= number(first) && value <= number(last)));
        expect(isPublicAddress(dotted(value))).toBe(true);
        expect(isPublicAddress(`64:ff9b::${hexed(value)}`)).toBe(true);
      }),
    );
  });

  it('the neighbours of every block pass', () => {
    const neighbours = BLOCKS_V4.flatMap(([first, last]) => [number(first) - 1, number(last) + 1])
      .filter((value) => value >= 0 && value < 2 ** 32)
      .map(dotted);
    expect(neighbours.filter((address) => !isPublicAddress(address))).toEqual([]);
  });

  it.each(['1.1.1.1', '2606:4700:4700::1111', '2a00:1450:4001::200e', '2001:4860:4860::8888'])('%s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});
