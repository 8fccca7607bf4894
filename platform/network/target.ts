import { isIP } from 'node:net';
import { RunbookError } from '../../lib/errors.ts';

/** Where requests of users may go. */
export interface Allow {
  /**
   * `host` or `host:port`, exactly: their addresses are not checked, so that a receiver of one's own network can be reached. A host
   * without a port takes the ports below, one with a port takes that one. Default none; see `allowedHosts`.
   */
  hosts?: readonly string[];
  /** Whether http is taken beside https; default not. */
  http?: boolean;
  /** Default 443, and 80 with http. */
  ports?: readonly number[];
}

export interface Target {
  url: URL;
  /** Lower case, ASCII, without brackets and without a dot at its end. */
  host: string;
  port: number;
  /** Whether the host is on the list of those allowed, whatever their address. */
  listed: boolean;
}

const DEFAULT_PORTS = [80, 443];
/** A name or IPv4 address, or an IPv6 address in brackets; no pattern. */
const HOST = /^(?:[^/?#@\\:*[\]\s]+|\[[\da-f:.]+\])$/iu;

/** What an installation allows beyond the public internet: `PLATFORM_ALLOW_HOSTS`, and `PLATFORM_ALLOW_HTTP=1`. */
export function allowedBy(env: Readonly<Record<string, string | undefined>>): Allow {
  return { hosts: allowedHosts(env.PLATFORM_ALLOW_HOSTS ?? ''), http: env.PLATFORM_ALLOW_HTTP === '1' };
}

/**
 * What `PLATFORM_ALLOW_HOSTS` names, separated by commas or spaces: `hooks.internal, 10.0.0.7:8080, [fd00::1]:8080`.
 * @throws RunbookError `config` for an entry that is no host
 */
export function allowedHosts(text: string): string[] {
  const entries = text.split(/[\s,]+/u).filter((entry) => entry !== '');
  return entries.map((entry) => {
    const port = /:\d+$/u.exec(entry)?.[0] ?? '';
    const host = entry.slice(0, entry.length - port.length);
    const url = parsed(`https://${host}`);
    if (url && HOST.test(host) && Number(port.slice(1)) <= 65_535) return `${nameOf(url)}${port}`;
    throw new RunbookError('config', `${JSON.stringify(entry)} is no host.`, {
      at: 'PLATFORM_ALLOW_HOSTS',
      hint: 'Give hosts without a scheme or path, such as hooks.internal or 10.0.0.7:8080.',
    });
  });
}

/**
 * Checks everything of an address but where its name leads.
 * @throws RunbookError `usage` where it is no address, `forbidden` where it is one that requests may not go to
 */
export function targetOf(address: string, allow: Allow): Target {
  const url = parsed(address);
  if (!url)
    throw new RunbookError('usage', 'The address is no URL.', {
      at: 'url',
      hint: 'Give a whole one: https://host/path.',
    });
  const host = nameOf(url);
  const port = Number(url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : url.port);
  const { hosts = [], ports = DEFAULT_PORTS } = allow;
  const refuse = (what: string, hint: string) => new RunbookError('forbidden', what, { at: url.host, hint });
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allow.http))
    throw refuse(`Requests to ${url.protocol}// are not allowed.`, `Use ${allow.http ? 'http:// or ' : ''}https://.`);
  if (url.username !== '' || url.password !== '')
    throw refuse('The address holds a name or password.', 'Leave out what stands before the @.');
  const exact = hosts.includes(`${host}:${port}`);
  if (!exact && !ports.includes(port))
    throw refuse(
      `Port ${port} is not allowed.`,
      `Use one of ${ports.join(', ')}, or allow ${host}:${port} on the server.`,
    );
  return { url, host: host.replace(/^\[|\]$/gu, ''), port, listed: exact || hosts.includes(host) };
}

/** The URL's own form of a host: numbers of any base are dotted, Unicode is ASCII; without the dot of the root. */
function nameOf(url: URL): string {
  return isIP(url.hostname) ? url.hostname : url.hostname.replace(/\.$/u, '');
}

function parsed(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}
