import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countingSource, threeSteps } from '../agent/record/runs.ts';
import { runToy, temporaryFolder } from '../agent/toy.ts';
import { type Built, build } from './child.ts';

/** The program of util-linux that gives another one a terminal. */
const hasTerminal = spawnSync('script', ['--version']).status === 0;
if (!hasTerminal) process.stderr.write('LOUD: `script` is missing; the session on a pseudo-terminal is not made\n');

let built: Built;
beforeAll(async () => {
  built = await build();
}, 120_000);
afterAll(() => built.remove());

async function finishedRun(): Promise<string> {
  const resultsDir = path.join(temporaryFolder(), 'results');
  await runToy(threeSteps(), { resultsDir, source: countingSource().open });
  return resultsDir;
}

/** Types each line when the session asks for one. @returns what stood on the screen, and the exit code */
function session(
  command: string,
  args: string[],
  lines: readonly string[],
): Promise<{ screen: string; code: number | null }> {
  const child = spawn(command, args, { env: { ...process.env, NO_COLOR: '1', TERM: 'xterm' } });
  const waiting = [...lines];
  let screen = '';
  let asked = 0;
  child.stdout.on('data', (data: Buffer) => {
    screen += data.toString('utf8');
    const prompts = stripVTControlCharacters(screen).match(/^\d+ [a-z]+(?: › \d+ \w+)?> /gmu)?.length ?? 0;
    for (; asked < prompts && waiting.length > 0; asked += 1) child.stdin.write(`${waiting.shift()}\n`);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ screen: readable(screen), code })));
}

/** Without what a terminal does to lines, and without ids and times. */
function readable(screen: string): string {
  return stripVTControlCharacters(screen)
    .replace(/\r/gu, '')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gu, 'RUN')
    .replace(/\d+\.\d+ s\b/gu, 'N s')
    .replace(/^(\d+ [a-z]+(?: › \d+ \w+)?> )(?:\1)+/gmu, '$1');
}

const LINES = ['show', 'break 3', 'into', 'input', 'next', 'continue', 'into', 'output', 'diff', 'continue'];

describe('an interactive replay', () => {
  it.runIf(hasTerminal)(
    'is gone through on a terminal',
    async () => {
      const dir = await finishedRun();
      const command = `"${process.execPath}" "${built.main}" replay "${dir}" --interactive`;
      const { screen, code } = await session('script', ['-qec', command, '/dev/null'], LINES);
      expect(code).toBe(0);
      expect(screen).toMatchSnapshot();
    },
    60_000,
  );

  it('is gone through over a pipe alike', async () => {
    const dir = await finishedRun();
    const { screen, code } = await session(process.execPath, [built.main, 'replay', dir, '--interactive'], LINES);
    expect(code).toBe(0);
    for (const text of [
      'stops at step c',
      'Step 3: c',
      'call 1 of 1: hogql_query',
      '"row_count": 1',
      'Nothing differs',
      '5 of 5 artifacts are identical',
    ])
      expect(screen).toContain(text);
  }, 60_000);

  it('takes another input, says what comes of it, and leaves where it is told to', async () => {
    const dir = await finishedRun();
    const edit = 'edit {"sql": "SELECT 1", "save_as": "nowhere.txt"}';
    const lines = ['into', 'edit {', edit, 'next', 'frobnicate', 'break nothing', 'quit'];
    const { screen, code } = await session(process.execPath, [built.main, 'replay', dir, '--interactive'], lines);
    expect(code).toBe(130);
    expect(screen).toContain('error: That is no JSON');
    expect(screen).toContain('failed, and not as recorded');
    expect(screen).toContain('There is no command frobnicate');
    expect(screen).toContain('error: nothing is no step and no tool.');
  }, 60_000);
});
