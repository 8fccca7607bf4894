import { lookup } from 'node:dns/promises';
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as requestHttp,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import { isPublicAddress } from './addresses.ts';
import { type Allow, type Target, targetOf } from './target.ts';

export interface Address {
  address: string;
  family: number;
}

export interface GuardedRequest {
  url: string;
  method: 'GET' | 'POST';
  headers?: OutgoingHttpHeaders;
  body?: string;
  /** For everything together: names, connections, redirects, the answer's body. */
  timeoutMs: number;
  /** Of the answer's body. */
  maxBytes: number;
  allow: Allow;
  signal?: AbortSignal;
  /** All addresses of a name; default: the system's. */
  resolve?: (host: string) => Promise<Address[]>;
}

export interface GuardedAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const MAX_REDIRECTS = 3;
/** Headers that are for the host that they were given for, and are not shown to another. */
const OF_ONE_HOST = /^(?:authorization|cookie|proxy-authorization)$/iu;

/**
 * A request to an address that a user named, which reaches the public internet only. A name is resolved once, each of its addresses is
 * checked, and the connection is made to those: a name that leads elsewhere a moment later does not help. Redirects are followed, at most
 * three and each checked anew; a POST is sent on for 307 and 308 only, and has the other redirects as its answer, since they would turn it
 * into a GET. Messages name the host alone: paths of webhooks are secrets.
 * @throws RunbookError `usage` for what is no URL, `forbidden` where it may not go, `network`, `timeout`, `bad_response` for a body beyond
 * its bound or too many redirects, `interrupted`; with `status` where the answer had begun
 */
export async function guardedRequest(request: GuardedRequest): Promise<GuardedAnswer> {
  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort(), request.timeoutMs);
  const signal = request.signal ? AbortSignal.any([request.signal, timer.signal]) : timer.signal;
  try {
    return await follow(request, signal);
  } catch (cause) {
    if (request.signal?.aborted) throw new RunbookError('interrupted', 'The request was interrupted.');
    if (!timer.signal.aborted) throw cause;
    const { status, at } = cause instanceof RunbookError ? cause : {};
    throw new RunbookError('timeout', `${at ?? 'The host'} did not answer within ${request.timeoutMs / 1000} s.`, {
      ...(status === undefined ? {} : { status }),
      ...(at === undefined ? {} : { at }),
      hint: 'Check that the receiver answers at once and does its work afterwards.',
    });
  } finally {
    clearTimeout(timeout);
  }
}

async function follow(request: GuardedRequest, signal: AbortSignal): Promise<GuardedAnswer> {
  let target = targetOf(request.url, request.allow);
  let headers = request.headers ?? {};
  for (let redirects = 0; ; redirects += 1) {
    const addresses = await addressesOf(target, request.resolve ?? lookupAll, signal);
    const response = await send(target, addresses, { ...request, headers }, signal);
    const next = redirectOf(response, request.method);
    if (next === null) return await read(response, target, request.maxBytes);
    response.destroy();
    if (redirects === MAX_REDIRECTS) throw tooManyRedirects(target, response.statusCode);
    const following = targetOf(absolute(next, target.url), request.allow);
    if (following.url.origin !== target.url.origin)
      headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_ONE_HOST.test(name)));
    target = following;
  }
}

/** Checked addresses of a target. One that is not public is enough to refuse all: which one is taken is not ours to say. */
async function addressesOf(
  { host, url, listed }: Target,
  resolve: (host: string) => Promise<Address[]>,
  signal: AbortSignal,
): Promise<Address[]> {
  const literal = isIP(host);
  const addresses = literal ? [{ address: host, family: literal }] : await resolved(host, resolve, signal);
  if (listed || addresses.every(({ address }) => isPublicAddress(address))) return addresses;
  // Neither which address nor of what kind: a user would learn the names of this network.
  throw new RunbookError('forbidden', `${url.host} is not on the public internet.`, {
    at: url.host,
    hint: 'Use a public address; whoever runs the server can allow the host in PLATFORM_ALLOW_HOSTS.',
  });
}

async function resolved(
  host: string,
  resolve: (host: string) => Promise<Address[]>,
  signal: AbortSignal,
): Promise<Address[]> {
  const none = (why: string, cause?: unknown) =>
    new RunbookError('network', `${host} has no address: ${why}`, { at: host, hint: 'Check the name.', cause });
  let addresses: Address[];
  try {
    addresses = await Promise.race([resolve(host), aborted(signal)]);
  } catch (cause) {
    throw none(messageOf(cause), cause);
  }
  if (addresses.length === 0) throw none('its name is known, but leads nowhere');
  return addresses;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function lookupAll(host: string): Promise<Address[]> {
  return lookup(host, { all: true });
}

/** Sends a request to addresses that were checked, on a connection of its own, and waits for the head of the answer. */
function send(
  { url, host, port }: Target,
  addresses: Address[],
  { method, headers, body }: GuardedRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const pinned: LookupFunction = (_host, options, callback) => {
    const [first] = addresses;
    if (options.all) callback(null, addresses);
    else callback(null, first?.address ?? '', first?.family);
  };
  const name = isIP(host) ? {} : { servername: host };
  const start = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const path = `${url.pathname}${url.search}`;
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const sent = start({
      ...name,
      host,
      port,
      path,
      method,
      headers: { ...headers, ...length, 'accept-encoding': 'identity' },
      lookup: pinned,
      // No pool: a connection is never one that another check let through.
      agent: false,
      signal,
    });
    sent.once('response', resolve);
    sent.on('error', (cause) => reject(disconnected(url.host, cause)));
    sent.end(body);
  });
}

async function read(response: IncomingMessage, { url }: Target, maxBytes: number): Promise<GuardedAnswer> {
  const status = response.statusCode ?? 0;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(url.host, status, maxBytes);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw cause instanceof RunbookError ? cause : disconnected(url.host, cause, status);
  }
  return { status, headers: response.headers, body: Buffer.concat(chunks) };
}

/** Where an answer sends a request on to; null where it does not, or where the request would become another. */
function redirectOf({ statusCode = 0, headers }: IncomingMessage, method: 'GET' | 'POST'): string | null {
  const followed = method === 'GET' ? [301, 302, 303, 307, 308] : [307, 308];
  return followed.includes(statusCode) ? (headers.location ?? null) : null;
}

/** What is no address stays as it is: the check of the target says so. */
function absolute(location: string, base: URL): string {
  return URL.canParse(location, base.href) ? new URL(location, base.href).href : location;
}

function disconnected(host: string, cause: unknown, status?: number): RunbookError {
  // The reason of a connection that was tried at several addresses stands in its code.
  const reason = messageOf(cause) || String((cause as { code?: unknown }).code ?? 'no reason given');
  const details = { at: host, hint: 'Check that the host is reachable and speaks the scheme of its URL.', cause };
  const message = `The connection to ${host} failed: ${reason}`;
  return new RunbookError('network', message, status === undefined ? details : { ...details, status });
}

function tooLarge(host: string, status: number, maxBytes: number): RunbookError {
  const message = `${host} answers with more than ${maxBytes} bytes.`;
  return new RunbookError('bad_response', message, { at: host, status, hint: 'Check that the URL is the one meant.' });
}

function tooManyRedirects({ url }: Target, status: number | undefined): RunbookError {
  return new RunbookError('bad_response', `${url.host} redirects once too often: ${MAX_REDIRECTS} are followed.`, {
    at: url.host,
    ...(status === undefined ? {} : { status }),
    hint: 'Use the address that the redirects end at.',
  });
}
