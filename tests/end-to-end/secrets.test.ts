import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  diligent,
  type MessagesBody,
  type Reply,
  startMessages,
  throughClaudeCode,
  toolUse,
  uses,
} from '../servers/messages.ts';

const SECRETS = {
  ANTHROPIC_API_KEY: 'sk-ant-api03-of-this+test/=',
  POSTHOG_API_KEY: 'phx_of_this_test&?',
  MY_TOKEN: 'correct horse',
};
const work = mkdtempSync(path.join(tmpdir(), 'secrets-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** The forms in which a secret must be nowhere. */
function forms(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64');
  return [secret, base64.replace(/=+$/u, ''), Buffer.from(secret).toString('base64url'), encodeURIComponent(secret)];
}
const FORMS = Object.values(SECRETS).flatMap(forms);

/** Traffic whose every text holds every secret in every form. */
function events(): string {
  const file = path.join(work, 'events.jsonl');
  const lines = Array.from({ length: 60 }, (_unused, n) => ({
    uuid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    event: '$ai_generation',
    distinct_id: `user ${FORMS[n % FORMS.length]}`,
    timestamp: new Date(Date.UTC(2026, 9, 1, 10, n)).toISOString(),
    properties: {
      $ai_trace_id: `t${n % 20}`,
      $ai_span_name: `op ${FORMS[n % 4]}`,
      $ai_model: 'gpt-4o',
      $ai_provider: 'openai',
      $ai_input: [{ role: 'user', content: `My keys are ${FORMS.join(' and ')}.` }],
      $ai_output_choices: [{ role: 'assistant', content: FORMS[n % FORMS.length] }],
      $ai_input_tokens: 900,
      $ai_output_tokens: 20,
      $ai_total_cost_usd: 0.01,
      $ai_latency: 2,
      ...(n % 5 === 0 ? { $ai_is_error: true, $ai_http_status: 500, $ai_error: `refused ${FORMS.join(' ')}` } : {}),
    },
  }));
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'));
  return file;
}

function filesOf(dir: string): string[] {
  return (readdirSync(dir, { recursive: true }) as string[]).filter((name) => statSync(path.join(dir, name)).isFile());
}

/** Looks for text that would only hold the secret were it told, too: a provider that repeats the key, a query with it, a note. */
function talkative(body: MessagesBody, n: number): Reply {
  if (n === 0)
    return {
      kind: 'error',
      status: 529,
      type: 'overloaded_error',
      message: `busy, ${FORMS.join(' ')}`,
      headers: { 'retry-after-ms': '1' },
    };
  if (n === 1)
    return uses(
      toolUse('hogql_query', { sql: `SELECT '${SECRETS.MY_TOKEN}' AS x, nothing FROM events LIMIT 1` }),
      toolUse('hogql_query', {
        sql: 'SELECT properties.$ai_input AS x, distinct_id FROM events LIMIT 50',
        save_as: 'data/own.csv',
      }),
    );
  return diligent(body);
}

describe.each(['scripted', 'claude', 'claude-code'])(
  'a run by --agent %s on traffic that is full of its own secrets',
  (agent) => {
    it('leaves none of them in a file, a request, an event or on the terminal', async () => {
      const server = await startMessages(agent === 'claude-code' ? throughClaudeCode(talkative) : talkative);
      onTestFinished(() => server.close());
      const dir = path.join(work, agent);
      const args = ['bin/runbook.js', 'run', '--source', events(), '--agent', agent, '--results-dir', dir, '--json'];
      const env = {
        ...SECRETS,
        ANTHROPIC_BASE_URL: server.url,
        XDG_CACHE_HOME: path.join(work, 'cache'),
        LITELLM_PRICING_URL: 'http://127.0.0.1:9/',
      };
      const run = await execa(process.execPath, args, { env, reject: false });
      expect([0, 1], run.stderr).toContain(run.exitCode);
      const files = filesOf(dir);
      expect(files).toEqual(
        expect.arrayContaining(['events.jsonl', 'recommendations.md', 'data/qualitative_samples.json']),
      );
      const sent = server.bodies.map((body, n) => ({ name: `request ${n}`, text: withoutOwnWords(body) }));
      const left = [
        ...files.map((name) => ({ name, text: readFileSync(path.join(dir, name), 'latin1') })),
        ...sent,
        { name: 'stdout', text: run.stdout },
        { name: 'stderr', text: run.stderr },
      ];
      expect(sent.length > 10).toBe(agent !== 'scripted');
      const found = left.flatMap(({ name, text }) =>
        FORMS.filter((form) => text.includes(form)).map((form) => `${name}: ${form}`),
      );
      expect(found).toEqual([]);
      expect(JSON.stringify(left)).toContain('[redacted:POSTHOG_API_KEY]');
    }, 180_000);
  },
);

/** A request without what the model itself had said before: that goes back as it is. */
function withoutOwnWords({ messages, ...rest }: MessagesBody): string {
  return JSON.stringify({ ...rest, messages: messages.filter(({ role }) => role !== 'assistant') });
}
