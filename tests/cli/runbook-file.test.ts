import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifestOf, step, temporaryFolder, toyRunbook } from '../agent/toy.ts';
import { type Built, build, start } from './child.ts';

let built: Built;
beforeAll(async () => {
  built = await build();
});
afterAll(() => built.remove());

const runbook = (args: string[], cwd: string, env: Record<string, string> = {}) =>
  start(built.main, args, { cwd, env }).ended;

const BODY =
  'Say {{params.greeting}}.\n\n```tool\nwrite_artifact: { path: a.md, content: "Hi {{params.greeting}}" }\n```\n';
const toy = () => toyRunbook({ 'runbook.yaml': manifestOf('steps/01.md'), 'steps/01.md': step('connect', BODY) });

describe('runbook export and import', () => {
  it('write a runbook as one file and back', async () => {
    const cwd = temporaryFolder();
    expect(await runbook(['export', toy()], cwd)).toMatchObject({ code: 0, stdout: 'RUNBOOK.md\n' });
    const text = readFileSync(path.join(cwd, 'RUNBOOK.md'), 'utf8');
    expect(text).toContain('content: "Hi {{greeting}}"\nEND_OF_INPUT');
    expect(await runbook(['import', 'RUNBOOK.md'], cwd)).toMatchObject({ code: 0, stdout: 'toy\n', stderr: '' });
    expect(readFileSync(path.join(cwd, 'toy', 'steps', '01-connect.md'), 'utf8')).toContain(
      'content: "Hi {{params.greeting}}"',
    );
    expect(await runbook(['import', 'RUNBOOK.md'], cwd)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/toy is there already/u),
    });
    const again = await runbook(['export', toy()], cwd);
    expect(again).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/RUNBOOK\.md is there already[\s\S]*--out/u),
    });
  });

  it('write the runbook of the project where none is named, with the package that is given', async () => {
    const cwd = temporaryFolder();
    for (const spec of [
      'git+https://example.org/optimizer.git#v1',
      './optimizer-0.1.0.tgz',
      '/opt/optimizer.tgz',
      '@acme/x@^1',
    ]) {
      expect((await runbook(['export', '--out', 'x/R.md', '--package', spec], cwd)).code).toBe(0);
      expect(readFileSync(path.join(cwd, 'x', 'R.md'), 'utf8')).toContain(`npm install -g ${spec} `);
    }
  });

  it('run, lint and show take the file itself; a run of it goes on from its record', async () => {
    const cwd = temporaryFolder();
    writeFileSync(
      path.join(cwd, 'events.jsonl'),
      '{"event":"$ai_generation","timestamp":"2026-07-01T00:00:00Z","distinct_id":"d","properties":{}}\n',
    );
    await runbook(['export', toy()], cwd);
    expect((await runbook(['lint', 'RUNBOOK.md'], cwd)).stdout).toBe('Toy runbook: 1 steps, no problems\n');
    expect((await runbook(['show', 'RUNBOOK.md'], cwd)).stdout).toMatch(/^Toy runbook\n/u);
    await runbook(['run', 'RUNBOOK.md', '--source', 'events.jsonl', '-p', 'greeting=you', '--agent', 'scripted'], cwd);
    expect(readFileSync(path.join(cwd, 'results', 'a.md'), 'utf8')).toBe('Hi you');
    expect(readFileSync(path.join(cwd, 'results', 'events.jsonl'), 'utf8')).toContain('"dir":"record"');
    expect((await runbook(['replay', 'results'], cwd)).code).toBe(0);
  });

  it.each([
    [['export', 'nowhere'], /There is no run nowhere/u],
    [['export', '--package', 'a; rm -rf x'], /--package a; rm -rf x: is no name of a package/u],
    [['import', 'nowhere.md'], /nowhere\.md cannot be read/u],
    [['import', 'broken.md'], /broken\.md:1: there is no frontmatter/u],
    [['run', 'broken.md', '--source', 'sample'], /broken\.md:1: there is no frontmatter/u],
  ])('%j is refused: exit 2, nothing left behind', async (args, expected) => {
    const cwd = temporaryFolder();
    writeFileSync(path.join(cwd, 'broken.md'), '# Nothing\n');
    const { code, stdout, stderr } = await runbook(args, cwd);
    expect(stderr).toMatch(expected);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(existsSync(path.join(cwd, 'RUNBOOK.md'))).toBe(false);
  });

  it('never write a secret of the environment that stands in a runbook', async () => {
    const cwd = temporaryFolder();
    const secret = 'phx_pasted_by_mistake';
    const leaky = toyRunbook({
      'runbook.yaml': manifestOf('steps/01.md'),
      'steps/01.md': step('connect', `Use ${secret}.`),
    });
    const { code, stderr } = await runbook(['export', leaky], cwd, { TOY_API_KEY: secret });
    expect(code).toBe(2);
    expect(stderr).toMatch(/The value of TOY_API_KEY stands in the runbook/u);
    expect(stderr).not.toContain(secret);
    expect(existsSync(path.join(cwd, 'RUNBOOK.md'))).toBe(false);
  });
});
