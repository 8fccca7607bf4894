import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../agent/toy.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

async function check(files: Record<string, string>): Promise<{ code: number | undefined; text: string }> {
  const dir = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    writeFileSync(path.join(dir, name), text);
  }
  const script = path.join(ROOT, 'scripts', 'check-imports.mjs');
  const { exitCode, all } = await execa(process.execPath, [script, dir], { reject: false, all: true });
  return { code: exitCode, text: all ?? '' };
}

const LIB = { 'lib/errors.ts': 'export const a = 1;\n', 'sources/source.ts': 'export interface Source { a: 1 }\n' };

describe('check-imports', () => {
  it('passes directions that are allowed, and words in comments and strings', async () => {
    const { code, text } = await check({
      ...LIB,
      'analysis/x.ts':
        "import type { Source } from '../sources/source.ts';\n// import x from '../cli/main.ts'\nexport const b: Source = { a: 1 };\n",
      'tools/t.ts':
        "import { b } from '../analysis/x.ts';\nexport const lazy = () => import('../lib/errors.ts');\nexport const s = \"import '../cli/x.ts'\";\nexport const t = b;\n",
      'cli/main.ts': "import {\n  t,\n  lazy,\n} from '../tools/t.ts';\nexport const all = [t, lazy];\n",
    });
    expect({ code, text }).toEqual({ code: 0, text: 'imports: 5 files, no problems' });
  });

  it.each([
    [
      'lib importing ours',
      {
        'lib/x.ts': "import { a } from '../agent/run.ts';\nexport const b = a;\n",
        'agent/run.ts': 'export const a = 1;\n',
      },
      'lib/x.ts:1: lib may import nothing of ours, not agent/run.ts',
    ],
    [
      'anything importing cli',
      {
        'agent/x.ts': "\nconst load = () => import('../cli/main.ts');\nexport const b = load;\n",
        'cli/main.ts': 'export const a = 1;\n',
      },
      'agent/x.ts:2: agent may import tools, rubric, analysis, sources, lib, not cli/main.ts',
    ],
    [
      'analysis reading files',
      { 'analysis/x.ts': "import { readFileSync } from 'node:fs';\nexport const b = readFileSync;\n" },
      'analysis/x.ts:1: analysis is pure: it may not import node:fs',
    ],
    [
      'analysis taking more than types from sources',
      { ...LIB, 'analysis/x.ts': "import { Source } from '../sources/source.ts';\nexport type S = Source;\n" },
      'analysis/x.ts:1: analysis may import only types of sources/source.ts',
    ],
    [
      'rubric importing a driver',
      {
        'rubric/x.ts': "import { a } from '../agent/run.ts';\nexport const b = a;\n",
        'agent/run.ts': 'export const a = 1;\n',
      },
      'rubric/x.ts:1: rubric may import lib, sources, not agent/run.ts',
    ],
    [
      'a test server importing ours',
      { ...LIB, 'tests/servers/x.ts': "import { a } from '../../lib/errors.ts';\nexport const b = a;\n" },
      'tests/servers/x.ts:1: a test server speaks the protocol by itself: it may not import lib/errors.ts',
    ],
    [
      'the product importing tests',
      {
        'lib/x.ts': "import { a } from '../tests/y.ts';\nexport const b = a;\n",
        'tests/y.ts': 'export const a = 1;\n',
      },
      'lib/x.ts:1: the product may not import tests/y.ts',
    ],
    [
      'a cycle',
      {
        'lib/a.ts': "import { b } from './b.ts';\nexport const a = b;\n",
        'lib/b.ts': "import type { c } from './c.ts';\nexport const b = 1 as typeof c;\n",
        'lib/c.ts': "import { a } from './a.ts';\nexport const c = a;\n",
      },
      'lib/a.ts:1: cycle: lib/a.ts → lib/b.ts → lib/c.ts → lib/a.ts',
    ],
    [
      'a barrel file',
      { ...LIB, 'lib/all.ts': "export { a } from './errors.ts';\n" },
      'lib/all.ts:1: re-export: import from the file that defines it',
    ],
    [
      'a file that does not exist',
      { 'lib/x.ts': "import { a } from './errors.js';\nexport const b = a;\n" },
      'lib/x.ts:1: there is no file lib/errors.js (imports carry their extension)',
    ],
  ] as [string, Record<string, string>, string][])('refuses %s', async (_what, files, expected) => {
    const { code, text } = await check(files);
    expect(text.split('\n')[0]).toBe(expected);
    expect(code).toBe(1);
  });
});

describe('start-up', () => {
  it('loads no package before it knows the command: help must answer at once', () => {
    const seen = new Set<string>();
    const packages: string[] = [];
    const visit = (file: string) => {
      if (seen.has(file)) return;
      seen.add(file);
      const text = readFileSync(path.join(ROOT, file), 'utf8');
      for (const [, specifier = ''] of text.matchAll(/^import (?!type\b)[^;]*?from '([^']+)';/gmu)) {
        if (specifier.startsWith('.')) visit(path.posix.join(path.posix.dirname(file), specifier));
        else packages.push(`${file}: ${specifier}`);
      }
    };
    visit('cli/main.ts');
    expect(packages).toEqual([]);
    expect([...seen]).toContain('cli/commands.ts');
  });
});
