import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * IPv4 that is not the public internet: address and prefix length. IANA IPv4 Special-Purpose Address Registry (2026-11), less the two
 * anycast blocks of AS112 and AMT that are public; multicast and reserved space; and what clouds serve to their own machines only.
 */
const NOT_PUBLIC_V4: [string, number][] = [
  ['0.0.0.0', 8], // this network, unspecified
  ['10.0.0.0', 8], // private
  ['100.64.0.0', 10], // carrier-grade NAT; Alibaba's metadata (100.100.100.200)
  ['127.0.0.0', 8], // loopback
  ['168.63.129.16', 32], // Azure's host agent
  ['169.254.0.0', 16], // link-local; metadata of AWS, Azure, GCP and others (169.254.169.254)
  ['172.16.0.0', 12], // private
  ['192.0.0.0', 24], // protocol assignments; Oracle's metadata (192.0.0.192)
  ['192.0.2.0', 24], // documentation
  ['192.88.99.0', 24], // 6to4 relays
  ['192.168.0.0', 16], // private
  ['198.18.0.0', 15], // benchmarks
  ['198.51.100.0', 24], // documentation
  ['203.0.113.0', 24], // documentation
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4], // reserved, broadcast
];

/** IPv6 inside global unicast that is not the public internet, or that carries an IPv4 address of anybody's choice. */
const NOT_PUBLIC_V6: [string, number][] = [
  ['2001::', 23], // protocol assignments: Teredo, ORCHID, benchmarks
  ['2001:db8::', 32], // documentation
  ['2002::', 16], // 6to4
  ['3fff::', 20], // documentation
];

/** NAT64 (RFC 6052): an IPv4 address in the last 32 bits, which networks without IPv4 reach the public internet by. */
const NAT64 = '64:ff9b::';

/**
 * Global unicast is all that IPv6 has of the public internet; loopback, unique local (metadata: fd00:ec2::254, fd20:ce::254), link-local,
 * multicast and IPv4-mapped or -compatible addresses lie outside.
 */
const PUBLIC_V6 = blockList([
  ['2000::', 3],
  [NAT64, 96],
]);
const REFUSED = blockList([
  ...NOT_PUBLIC_V4,
  ...NOT_PUBLIC_V6,
  ...NOT_PUBLIC_V4.map(([address, bits]): [string, number] => [`${NAT64}${address}`, 96 + bits]),
]);

/** Whether an address, as the system writes it, is one of the public internet. Anything else, a zone id included, is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !REFUSED.check(address, 'ipv4');
  if (!isIPv6(address) || address.includes('%')) return false;
  return PUBLIC_V6.check(address, 'ipv6') && !REFUSED.check(address, 'ipv6');
}

function blockList(subnets: readonly [string, number][]): BlockList {
  const list = new BlockList();
  for (const [address, bits] of subnets) list.addSubnet(address, bits, isIPv4(address) ? 'ipv4' : 'ipv6');
  return list;
}
