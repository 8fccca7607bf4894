import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { RunEvent } from '../../agent/events.ts';
import { diligent, isJudged, type MessagesServer, startMessages, throughClaudeCode } from '../servers/messages.ts';

const SECRETS = { ANTHROPIC_API_KEY: 'sk-ant-api03-of-this-test+/=', POSTHOG_API_KEY: 'phx_of_this_test' };
const work = mkdtempSync(path.join(tmpdir(), 'claude-'));
const [claude, scripted] = [path.join(work, 'claude'), path.join(work, 'scripted')];
let server: MessagesServer;
let output = '';

function runbook(args: string[], env: Record<string, string> = {}): Promise<{ exit: number; text: string }> {
  const all = {
    ...process.env,
    LITELLM_PRICING_URL: 'http://127.0.0.1:9/',
    XDG_CACHE_HOME: path.join(work, 'cache'),
    ...env,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, ['bin/runbook.js', ...args], { env: all }, (error, stdout, stderr) => {
      resolve({ exit: error ? Number(error.code) : 0, text: stdout + stderr });
    });
  });
}

function filesOf(dir: string): string[] {
  return (readdirSync(dir, { recursive: true }) as string[])
    .filter((name) => statSync(path.join(dir, name)).isFile())
    .sort();
}

/** What is kept beside the log is that of each run. */
const artifactsOf = (dir: string) => filesOf(dir).filter((name) => !name.startsWith('payloads'));

const SAME = ['data/findings.json', 'data/metrics_by_span.csv', 'data/recommendations.json'];
const textsOf = (dir: string) => filesOf(dir).map((file) => readFileSync(path.join(dir, file), 'latin1'));

function noSecret(texts: string[]): void {
  for (const secret of Object.values(SECRETS)) {
    for (const form of [secret, Buffer.from(secret).toString('base64'), encodeURIComponent(secret)]) {
      for (const text of texts) expect(text.includes(form)).toBe(false);
    }
  }
}

const events = () =>
  readFileSync(path.join(claude, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);

beforeAll(async () => {
  server = await startMessages(diligent);
  const env = { ...SECRETS, ANTHROPIC_BASE_URL: server.url };
  const run = await runbook(['run', '--source', 'sample', '--agent', 'auto', '--results-dir', claude], env);
  output = run.text;
  expect(run.exit, run.text).toBe(0);
  await runbook(['run', '--source', 'sample', '--agent', 'scripted', '--results-dir', scripted]);
}, 180_000);
afterAll(async () => {
  await server.close();
  rmSync(work, { recursive: true, force: true });
});

describe('Claude Code performs the whole runbook', () => {
  it('with the files and figures of the scripted run, and leaves nothing else behind', async () => {
    const messages = await startMessages(throughClaudeCode(diligent));
    onTestFinished(() => messages.close());
    const [out, temporary] = [path.join(work, 'claude-code'), path.join(work, 'tmp')];
    mkdirSync(temporary);
    const env = { ...SECRETS, ANTHROPIC_BASE_URL: messages.url, TMPDIR: temporary };
    const run = await runbook(['run', '--source', 'sample', '--agent', 'claude-code', '--results-dir', out], env);
    expect(run.exit, run.text).toBe(0);
    expect(run.text).toMatch(/agent: claude-code \(as asked\): Claude Code \d+\.\d+\.\d+, claude-sonnet-4-6/u);
    expect(artifactsOf(out)).toEqual(artifactsOf(scripted));
    for (const file of SAME)
      expect(readFileSync(path.join(out, file), 'utf8')).toBe(readFileSync(path.join(scripted, file), 'utf8'));
    expect(JSON.parse(readFileSync(path.join(out, 'grade.json'), 'utf8'))).toMatchObject({ passed: true });
    expect(readdirSync(temporary).filter((name) => name.startsWith('runbook-claude-code-'))).toEqual([]);
    noSecret([...messages.bodies.map((body) => JSON.stringify(body)), ...textsOf(out), run.text]);
    await expectReplay(out);
  }, 180_000);
});

/** With no key, no model and no source: every artifact is what it was. */
async function expectReplay(dir: string): Promise<void> {
  const replay = await runbook(['replay', dir], {});
  expect(replay.exit, replay.text).toBe(0);
  expect(replay.text).toMatch(/\b(\d+) of \1 artifacts are identical/u);
}

describe('a model performs the whole runbook', () => {
  it('and is replayed without one', async () => {
    await expectReplay(claude);
  }, 60_000);

  it('with the files and figures of the scripted run', () => {
    expect(artifactsOf(claude)).toEqual(artifactsOf(scripted));
    for (const file of SAME)
      expect(readFileSync(path.join(claude, file), 'utf8')).toBe(readFileSync(path.join(scripted, file), 'utf8'));
    expect(JSON.parse(readFileSync(path.join(claude, 'grade.json'), 'utf8'))).toMatchObject({ passed: true });
  });

  it('in a conversation of its own for each of the 11 steps, with one frame that the cache serves', () => {
    const own = server.bodies.filter((body) => !isJudged(body));
    expect(own.filter(({ messages }) => messages.length === 1)).toHaveLength(11);
    expect(new Set(own.map(({ system, tools }) => JSON.stringify([system, tools]))).size).toBe(1);
    const used = events().flatMap((event) => (event.type === 'generation' ? [event.properties] : []));
    expect(used).toHaveLength(server.bodies.length);
    expect(used.slice(1, own.length).every((p) => p.$ai_cache_read_input_tokens > 1000)).toBe(true);
    const sum = (pick: (p: (typeof used)[number]) => number) => used.reduce((all, p) => all + pick(p), 0);
    const read = sum((p) => p.$ai_cache_read_input_tokens);
    const fresh = sum((p) => p.$ai_input_tokens + p.$ai_cache_creation_input_tokens);
    expect(read / (read + fresh)).toBeGreaterThan(0.5);
  });

  it('and another model judges the report, whose votes are in the log like any other request', () => {
    const judged = server.bodies.filter(isJudged);
    expect(judged).toHaveLength(15);
    expect(new Set(judged.map(({ model }) => model))).toEqual(new Set(['claude-haiku-4-5']));
    const grade = JSON.parse(readFileSync(path.join(claude, 'grade.json'), 'utf8')) as { judge: object; round: number };
    expect(grade).toMatchObject({ round: 1, judge: { kind: 'model', model: 'claude-haiku-4-5' } });
    const spans = events().flatMap((event) => (event.type === 'generation' ? [event.properties.$ai_span_name] : []));
    expect(spans.filter((span) => span === 'judge')).toHaveLength(15);
    expect(output).toContain('judged by claude-haiku-4-5');
  });

  it('says which model and what it cost', () => {
    expect(output).toContain('agent: claude (a model key is set): claude-sonnet-4-6 by anthropic');
    expect(output).toMatch(/model: [\d,]+ tokens in \([\d.]+% cached\), 50 out, \$0\.\d+/u);
  });

  it('and its log is a source that this product reads', async () => {
    const out = path.join(work, 'own');
    const run = await runbook(['run', '--source', path.join(claude, 'events.jsonl'), '--results-dir', out]);
    expect(run.text).toMatch(/metrics by operation: /u);
    const [header, ...rows] = readFileSync(path.join(out, 'data/metrics_by_span.csv'), 'utf8').trim().split('\n');
    expect(header).toContain('operation');
    // Eleven steps and the judge.
    expect(rows).toHaveLength(12);
  }, 60_000);

  it('and no secret is in anything that it left or sent', () => {
    noSecret([...server.bodies.map((body) => JSON.stringify(body)), ...textsOf(claude), output]);
  });
});
