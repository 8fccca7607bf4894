import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CliHome } from '../../../agent/drivers/claude-code/home.ts';
import { type Built, build } from '../../cli/child.ts';
import { temporaryFolder } from '../toy.ts';

let built: Built;
beforeAll(async () => {
  built = await build();
});
afterAll(() => built.remove());

it('an exit in the middle of a step leaves no token behind', async () => {
  const tmp = temporaryFolder();
  const home = path.join(path.dirname(built.main), '../agent/drivers/claude-code/home.js');
  const script = `
    const { readdirSync } = await import('node:fs');
    const { CliHome } = await import(${JSON.stringify(home)});
    new CliHome().write('mcp.json', 'token');
    console.log(readdirSync(process.env.TMPDIR).length);
    process.exit(130);`;
  const { exitCode, stdout } = await execa(process.execPath, ['--input-type=module', '--eval', script], {
    env: { TMPDIR: tmp },
    reject: false,
  });
  expect([exitCode, stdout]).toEqual([130, '1']);
  expect(readdirSync(tmp)).toEqual([]);
});

it('a home that is gone is no longer waited for', () => {
  const before = process.listenerCount('exit');
  const home = new CliHome();
  expect(process.listenerCount('exit')).toBe(before + 1);
  home.remove();
  expect(process.listenerCount('exit')).toBe(before);
  expect(existsSync(home.dir)).toBe(false);
});
