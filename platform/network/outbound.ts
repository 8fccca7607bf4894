import { type LookupAddress, lookup as lookupOfSystem } from 'node:dns';
import { isIP, type LookupFunction, Socket } from 'node:net';
import { isPublicAddress } from './addresses.ts';
import { allowedBy } from './target.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Addresses of the server's own environment: whoever runs it may place them in its network. */
const OWN = ['DATABASE_URL', 'LITELLM_PRICING_URL', 'ANTHROPIC_BASE_URL', 'HTTP_PROXY', 'HTTPS_PROXY'];
const PORTS: Record<string, string> = { 'http:': '80', 'https:': '443', 'postgres:': '5432', 'postgresql:': '5432' };

/** As `node:net` takes it, also inside the list that its own functions hand on. */
interface Destination {
  host?: string | null;
  port?: number | string;
  /** Of a socket of the file system; null where http has none. */
  path?: string | null;
  lookup?: LookupFunction;
}

/**
 * Keeps this process to the public internet: every connection that it opens from now on, whatever library opens it and wherever redirects
 * and names lead, is made only to a public address, to one of the server's own services, or to a host of `PLATFORM_ALLOW_HOSTS`. For
 * processes that perform runs: their collections choose where PostHog and models are.
 * @returns what ends it
 */
export function keepToPublic(env: Env): () => void {
  const allowed = (allowedBy(env).hosts ?? []).map(withoutBrackets);
  const hosts = new Set([...allowed, ...OWN.flatMap((name) => placeOf(env[name]))]);
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function guarded(this: Socket & { connecting: boolean }, ...args: unknown[]) {
    const destination = destinationOf(args);
    if (!destination?.host || typeof destination.path === 'string') return connect.apply(this, args as never);
    const { host, port } = destination;
    if (hosts.has(host) || hosts.has(`${host}:${port}`)) return connect.apply(this, args as never);
    if (isIP(host) !== 0 && !isPublicAddress(host)) {
      // As late as a connection that fails by itself: whoever asked for it listens for its error by then.
      this.connecting = true;
      setImmediate(() => this.destroy(notPublic(host)));
      return this;
    }
    destination.lookup = checking(destination.lookup ?? (lookupOfSystem as LookupFunction));
    return connect.apply(this, args as never);
  } as typeof connect;
  return () => {
    Socket.prototype.connect = connect;
  };
}

/** `host:port` of a URL. */
function placeOf(address: string | undefined): string[] {
  const url = address === undefined ? null : URL.parse(address);
  return url ? [`${withoutBrackets(url.hostname)}:${url.port || PORTS[url.protocol]}`] : [];
}

/** `[fd00::1]:80` → `fd00::1:80`, as a connection has it. */
function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]/u, '$1');
}

/** What is connected to; `connect(port, host)` is written anew as an object, so that it can be told how to look names up. */
function destinationOf(args: unknown[]): Destination | undefined {
  const [first, second] = args;
  if (typeof first === 'number' || (typeof first === 'string' && /^\d+$/u.test(first))) {
    args[0] = { port: first, host: typeof second === 'string' ? second : 'localhost' };
    if (typeof second === 'string') args.splice(1, 1);
    return args[0] as Destination;
  }
  const options = Array.isArray(first) ? first[0] : first;
  if (typeof options !== 'object' || options === null) return undefined;
  const destination = options as Destination;
  if (typeof destination.path !== 'string') destination.host ??= 'localhost';
  return destination;
}

/** A lookup of names that gives no address which is not public: the one that is checked is the one that is connected to. */
function checking(lookup: LookupFunction): LookupFunction {
  return (host, options, callback) =>
    lookup(host, options, (error, found, family) => {
      const all: LookupAddress[] = Array.isArray(found) ? found : [{ address: found, family: family ?? 4 }];
      const isSafe = error !== null || all.every(({ address }) => isPublicAddress(address));
      if (isSafe) callback(error, found as string, family);
      else callback(notPublic(host), '', 4);
    });
}

function notPublic(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host} is not on the public internet`), { code: 'ERR_NOT_PUBLIC' });
}
