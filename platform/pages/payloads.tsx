import type { Hono } from 'hono';
import { isDigest } from '../../agent/record/payloads.ts';
import { storyOf } from '../../agent/record/story.ts';
import { bytes } from '../../lib/format.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { runFor } from './run-access.ts';
import { recordFor } from './run-record.ts';
import type { PageContext, PageEnv } from './session.ts';

/** Characters of a value that a page shows. */
const MOST = 4_000;

/** What was recorded, whole, as plain text: a browser neither guesses what it is nor does what it says. */
export function payloadRoutes(pages: Hono<PageEnv>, platform: Platform): void {
  pages.get(`/:collection/:task/:trajectory{[0-9a-f]{8}}/payloads/:sha256`, async (c) => {
    const { run } = await runFor(platform, c);
    const { payloads } = recordFor(platform, run);
    const sha256 = c.req.param('sha256');
    if (!isDigest(sha256) || !payloads.has(sha256)) throw refusal(404, 'There is no such payload');
    return plain(c, payloads.get(sha256).toString('utf8'));
  });
  pages.get(`/:collection/:task/:trajectory{[0-9a-f]{8}}/calls/:call{[0-9]{1,6}}/:side{input|output}`, async (c) => {
    const { run } = await runFor(platform, c);
    const calls = storyOf(recordFor(platform, run)).flatMap((step) => step.calls);
    const call = calls.find(({ call: number }) => number === Number(c.req.param('call')));
    if (!call) throw refusal(404, 'There is no such call');
    const output = call.outcome?.kind === 'finished' ? call.outcome.output : null;
    return plain(c, textOf(c.req.param('side') === 'input' ? call.input : output));
  });
}

function plain(c: PageContext, text: string): Response {
  return c.body(text, 200, {
    'content-type': 'text/plain; charset=utf-8',
    'content-security-policy': "default-src 'none'; sandbox",
  });
}

/** A value as text: a text as it is, anything else as JSON. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '');
}

/** A value that was recorded, cut; the whole of it is a link away. */
export function Recorded({ label, value, href }: { label: string; value: unknown; href: string }) {
  const text = textOf(value);
  return (
    <>
      <h4>
        {label} <a href={href}>whole, {bytes(Buffer.byteLength(text))}</a>
      </h4>
      <pre class="excerpt" tabindex={0}>
        {text.length > MOST ? `${text.slice(0, MOST)}…` : text}
      </pre>
    </>
  );
}
