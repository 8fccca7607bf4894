import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { says } from '../../servers/messages.ts';
import { temporaryFolder } from '../toy.ts';
import { failure, of, perform as performWith } from './perform.ts';

/** A program in the place of Claude Code; it can print lines, and leave a file beside itself. */
function program(script: string): string {
  const file = path.join(temporaryFolder(), 'claude');
  const helpers = `
const fs = require('node:fs');
const path = require('node:path');
const print = (line) => console.log(typeof line === 'string' ? line : JSON.stringify(line));
const leave = (value) => fs.writeFileSync(path.join(__dirname, 'left.json'), JSON.stringify(value));
const ready = (status) => print({ type: 'system', subtype: 'init', mcp_servers: [{ name: 'runbook', status }] });
const result = (more) => print({ type: 'result', subtype: 'success', is_error: false, result: 'Done.', ...more });
const onMessage = (act) => require('node:readline').createInterface({ input: process.stdin }).on('line', act);
`;
  writeFileSync(file, `#!/usr/bin/env node\n${helpers}${script}`, { mode: 0o755 });
  return file;
}

/** What the program left. */
function leftBy(file: string): unknown {
  return JSON.parse(readFileSync(path.join(path.dirname(file), 'left.json'), 'utf8'));
}

const perform = (script: string, options: Parameters<typeof performWith>[1] = {}) =>
  performWith(() => says('unused'), { agent: 'claude-code', program: program(script), ...options });

describe('a program that does not do its part', () => {
  it.each<[string, string, RegExp]>([
    [
      'ends at once',
      "process.stderr.write('first\\nno such option\\n'); process.exit(3);",
      /ended by itself \(exit code 3: no such option\)/u,
    ],
    ['ends as if all were well', '', /ended by itself \(exit code 0\)/u],
    ['ends after it began', "ready('connected');", /ended by itself \(exit code 0\)/u],
    ['is killed', "process.kill(process.pid, 'SIGKILL');", /ended by itself \(SIGKILL\)/u],
    ['has no tools', "ready('failed'); onMessage(() => result());", /could not reach its tools \(failed\)/u],
    [
      'does not know of its tools',
      "print({ type: 'system', subtype: 'init', mcp_servers: [] }); onMessage(() => result());",
      /could not reach its tools \(unknown\)/u,
    ],
    [
      'says that it is done',
      "ready('connected'); onMessage(() => result());",
      /stops without leaving its outputs: data\/a\.json missing, 4 times/u,
    ],
    [
      'was interrupted by another',
      "ready('connected'); onMessage(() => result({ subtype: 'error_during_execution', is_error: true, result: 'Gone.' }));",
      /failed \(error_during_execution: Gone\.\)/u,
    ],
  ])('%s: the run stops', async (_name, script, message) => {
    const run = await perform(script);
    expect(failure(run)).toMatch(message);
    expect(failure(run)).toMatch(/^agent_stopped: Step 1/u);
    expect(run.exit).toBe(5);
  });

  it.each([
    ['says nothing', 'setInterval(() => undefined, 1000);'],
    [
      'does not even end when it is told to',
      "process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000);",
    ],
  ])('%s: it is given up', async (_name, script) => {
    const run = await perform(script, { idleMs: 500 });
    expect(failure(run)).toMatch(/said nothing for 0\.5 s/u);
    expect(run.exit).toBe(5);
  });

  it('talks without end: the time of the run ends it', async () => {
    const run = await perform("setInterval(() => ready('connected'), 50);", { limits: { seconds: 1 } });
    expect(failure(run)).toMatch(/agent_budget: .*1 of 1 seconds are over/u);
    expect(run.exit).toBe(4);
  });

  it('a request that it waits for when it dies is an event', async () => {
    const run = await perform(
      "ready('connected'); print({ type: 'system', subtype: 'status', status: 'requesting' });",
    );
    expect(of(run.events, 'generation').map(({ properties }) => properties.$ai_is_error)).toEqual([true]);
  });

  it('what an attempt used counts before another is made', async () => {
    const usage = { input_tokens: 100, output_tokens: 1 };
    const run = await perform(
      `print({ type: 'system', subtype: 'status', status: 'requesting' });
      print({ type: 'stream_event', event: { type: 'message_start', message: { usage: ${JSON.stringify(usage)} } } });
      print({ type: 'system', subtype: 'api_retry', attempt: 1, retry_delay_ms: 60000 });
      setInterval(() => undefined, 1000);`,
      { limits: { tokens: 10 } },
    );
    expect(failure(run)).toMatch(/agent_budget: .*101 of 10 tokens are used/u);
    expect(run.exit).toBe(4);
  });

  it('a pause before another attempt is not a request', async () => {
    const retry = { attempt: 1, retry_delay_ms: 60_000, error_status: 529, error: 'overloaded' };
    const run = await perform(`
      print({ type: 'system', subtype: 'status', status: 'requesting' });
      print({ type: 'system', subtype: 'api_retry', ...${JSON.stringify(retry)} });`);
    expect(of(run.events, 'generation').map(({ properties }) => properties.$ai_http_status)).toEqual([529]);
  });
});

describe('what a program prints', () => {
  it('lines that are not understood are passed over', async () => {
    const run = await perform(`
      for (const line of ['Warning: slow disk', '{"type":', '[]', 'null', '', '{"type":"assistant"}']) print(line);
      ready('connected');
      print({ type: 'assistant', message: { content: [{ type: 'text', text: 'Hello' }] } });
      onMessage(() => result());`);
    expect(of(run.events, 'model_text').map(({ text }) => text)).toEqual(['Hello']);
    expect(failure(run)).toMatch(/without leaving/u);
  });

  it('a tool that was not allowed is a failed tool', async () => {
    const run = await perform(`
      ready('connected');
      let n = 0;
      onMessage(() => result({ permission_denials: n++ === 0 ? [{ tool_name: 'Bash' }] : [] }));`);
    expect(of(run.events, 'tool_failed')).toMatchObject([{ step: 1, tool: 'Bash', code: 'forbidden' }]);
  });
});

describe('what a program is given', () => {
  const LOOK = `
    const at = (name) => process.argv[process.argv.indexOf(name) + 1];
    leave({
      tools: at('--tools'),
      allowed: at('--allowedTools'),
      here: fs.readdirSync('.'),
      config: path.relative(process.cwd(), fs.realpathSync(at('--mcp-config'))),
      prompt: path.relative(process.cwd(), fs.realpathSync(at('--system-prompt-file'))),
      mode: fs.statSync(at('--mcp-config')).mode & 0o777,
    });`;

  it.each([
    ['its own tools that the runbook allows', ['Read', 'Grep'], 'Read,Grep', 'mcp__runbook__*,Read,Grep'],
    ['none of its own tools otherwise', [], '', 'mcp__runbook__*'],
  ])('%s', async (_name, builtinTools, tools, allowed) => {
    const look = program(LOOK);
    await perform('', { program: look, builtinTools });
    expect(leftBy(look)).toMatchObject({ tools, allowed });
  });

  it('an empty folder; what holds the token stands elsewhere', async () => {
    const look = program(LOOK);
    await perform('', { program: look, builtinTools: ['Read'] });
    expect(leftBy(look)).toMatchObject({
      here: [],
      config: path.join('..', 'mcp.json'),
      prompt: path.join('..', 'system.md'),
      mode: 0o600,
    });
  });

  it('nothing, where the run was interrupted before', async () => {
    const controller = new AbortController();
    const look = program('leave("started");');
    const run = await perform('', {
      program: look,
      signal: controller.signal,
      onEvent: ({ type }) => type === 'step_started' && controller.abort(),
    });
    expect(run.exit).toBe(130);
    expect(existsSync(path.join(path.dirname(look), 'left.json'))).toBe(false);
  });
});
