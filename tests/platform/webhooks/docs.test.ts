import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { webhookHeaders } from '../../../platform/webhooks/sign.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'webhook-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const docs = readFileSync('docs/webhooks.md', 'utf8');
const SECRET = 's3cret';
const SIGNED_AT = 1_785_499_200;

/** Each delivery with whether it is genuine. */
const deliveries = (['{"note":"ä"}', ''] as const).flatMap((payload) => {
  const signed = webhookHeaders({ payload, trajectoryId: 'x', secret: SECRET, now: new Date(SIGNED_AT * 1000) });
  const headers = Object.fromEntries(Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]));
  const good = { payload, headers, secret: SECRET, now: SIGNED_AT + 300, genuine: true };
  return [
    good,
    { ...good, now: SIGNED_AT + 301, genuine: false },
    { ...good, now: SIGNED_AT - 301, genuine: false },
    { ...good, secret: 'other', genuine: false },
    { ...good, payload: `${payload} `, genuine: false },
    { ...good, headers: { ...headers, 'x-mise-signature': 'ä' }, genuine: false },
    { ...good, headers: { ...headers, 'x-mise-timestamp': String(SIGNED_AT + 1) }, genuine: false },
    { ...good, headers: {}, genuine: false },
  ];
});

/** The code of a language in the documentation, as a file. */
function codeIn(language: string, name: string): string {
  const code = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'u').exec(docs)?.[1];
  if (code === undefined) throw new Error(`docs/webhooks.md has no ${language}`);
  const file = path.join(folder, name);
  writeFileSync(file, code);
  return file;
}

describe('the signature checks of docs/webhooks.md', () => {
  it('Node', async () => {
    const { isGenuine } = await import(pathToFileURL(codeIn('js', 'check.mjs')).href);
    for (const { payload, headers, secret, now, genuine } of deliveries)
      expect(isGenuine(Buffer.from(payload), headers, secret, now)).toBe(genuine);
  });

  const python = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))']);

  it.skipIf(python.status !== 0)('Python', () => {
    codeIn('python', 'check.py');
    const program =
      'import json, sys, check; print(json.dumps([check.is_genuine(d["payload"].encode(), d["headers"], d["secret"], d["now"]) for d in json.load(sys.stdin)]))';
    const ran = spawnSync('python3', ['-c', program], {
      cwd: folder,
      input: JSON.stringify(deliveries),
      encoding: 'utf8',
    });
    expect(ran.stderr).toBe('');
    expect(JSON.parse(ran.stdout)).toEqual(deliveries.map(({ genuine }) => genuine));
  });
});
