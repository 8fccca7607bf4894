import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const EVERY_ADDRESS = new Set(['0.0.0.0', '::']);

/**
 * Answers only to names of ours: a page elsewhere whose name was made to lead here (DNS rebinding) keeps that name in `Host`.
 * @param host what the server listens on; on every address, any address is taken, but no name
 * @param publicUrl what it is called from outside, where that is another name
 */
export function ownHosts(host: string, publicUrl?: string): MiddlewareHandler {
  const named = publicUrl === undefined ? [] : [URL.parse(publicUrl)?.hostname ?? ''];
  const own = new Set([...LOOPBACK, isIP(host) === 6 ? `[${host}]` : host, ...named]);
  return async (c, next) => {
    const asked = URL.parse(`http://${c.req.header('host') ?? ''}`)?.hostname ?? '';
    const isAddress = isIP(asked.replace(/^\[(.*)\]$/u, '$1')) !== 0;
    if (own.has(asked) || (EVERY_ADDRESS.has(host) && isAddress)) return next();
    return c.json({ detail: 'This server has another name; RUNBOOK_URL tells it one' }, 421);
  };
}
