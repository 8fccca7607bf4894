import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type PythonCode, pythonReader } from '../../rubric/python.ts';
import { VALID_PYTHON } from './valid-python.ts';

interface Fix {
  before?: string;
  after?: string;
}

let read: (code: string) => PythonCode;
beforeAll(async () => {
  read = await pythonReader();
});

describe('Python code in a report', () => {
  it.each([
    ['an assignment', 'a = 1'],
    ['code cut out of a function', '    a = f(x)\n    return a'],
    [
      'decorators, types, await and match',
      '@cached\nasync def f(x: int) -> str:\n    match x:\n        case 1:\n            return await g(x)',
    ],
    ['comments between branches', 'if a:\n    b()\n# else we ask\nelse:\n    c()'],
    ['comments at any margin', 'for x in y:\n    f(x)\n  # odd\nz()'],
    ['a list over lines', 'x = [\n  1,\n      2,\n]\nf(x)'],
    ['format strings', 'a = f"Today is {now!r:>10}.\\n\\n{question}"'],
    ['a class with a blank line', 'class A:\n    x: int = 1\n\n    def f(self):\n        return self.x'],
  ])('parses %s', (_name, code) => {
    expect(read(code)).toMatchObject({ fault: null, acts: true });
  });

  it.each([
    ['a second equals sign', 'a = 1\nb = = 2', 2],
    ['an open bracket', 'f(x)\na = g(x', 2],
    ['an open string', 'f(x)\nname = "open', 2],
    ['an else without an if', 'f(x)\nelse:\n    pass', 2],
    ['a keyword as a name', 'f(x)\nclass = 3', 2],
    ['a line that is indented for no reason', 'a = f(x)\n    b = 1\n  c = 2', 2],
    ['a block that changes its margin', 'if a:\n    b()\n     c()', 3],
    ['another language', 'const a = () => { return 1; };', 1],
    ['prose', 'Please make the prompts shorter, then it is cheaper.', 1],
  ])('names the line of %s', (_name, code, line) => {
    expect(read(code).fault).toMatchObject({ line });
  });

  it.each(VALID_PYTHON)('takes %j for Python', (code) => {
    expect(read(code).fault).toBeNull();
  });

  it('takes the code of our own fixes for Python', () => {
    const fixes = Object.values(parse(readFileSync('templates/fixes.yaml', 'utf8')) as Record<string, Fix>);
    const codes = fixes.flatMap(({ before, after }) => [before, after]).filter((code) => code !== undefined);
    expect(codes.length).toBeGreaterThan(20);
    const faults = codes.map((code) => read(code.replaceAll(/\{\{json [^}]*\}\}/gu, '"x"')).fault);
    expect(faults.filter((fault) => fault !== null)).toEqual([]);
  });

  it.each([
    'print "hello"',
    'x = f(“a”)',
    'x = a – b',
    'f(2) = x',
    '1 = f(2)',
    'None = f(2)',
    'a, f() = x',
    'a = f() = x',
    '(a, b): int = 3',
    'f() += 1',
    'a, b += 1',
    '[x for f(1) in y]',
    'for f(1) in y: g()',
    'if (a.b := 1): f()',
    'f(a=1, 2)',
    'f(a=1, a=2)',
    'f(**a, b)',
    'f(**a, *b)',
    'f(x for x in y, 1)',
    'def f(a, a): g()',
    'def f(a=1, b): g()',
    'def f(*): g()',
    'def f(**k, a): g()',
    'x = f(0123)',
    'x = 1__0',
    'x = 1.real',
    'try:\n    f()\nx = 1',
    'try:\n    f()\nelse:\n    g()',
    'del f(2)',
    'del a, 1',
    'raise A, "b"',
    'x = a <> b',
    'x.class = 1',
    'with a() as f(2):\n    g()',
  ])('does not take %j for Python', (code) => {
    expect(read(code).fault).not.toBeNull();
  });

  it.each(['', '...', 'pass', '# nothing', '"""Better."""', 'better', 'x\n...'])('sees no action in %j', (code) => {
    expect(read(code)).toMatchObject({ fault: null, acts: false });
  });

  it.each([
    ['comments', 'a = f(x)', '# now faster\na = f(x)  # faster'],
    ['a docstring', 'def f():\n    return 1', 'def f():\n    """Better."""\n    return 1'],
    ['white space', 'a = f(x, y)', 'a=f( x,\n   y )'],
    ['the marks of strings', "a = f('x')", 'a = f("x")'],
    ['brackets', 'f(1)', '(f(1))'],
    ['brackets around a part', 'x = a + b * c', 'x = (a + (b * c))'],
    ['a last comma', 'f(1)', 'f(1,)'],
    ['a last comma of a list', 'x = [a, b]', 'x = [\n    a,\n    b,\n]'],
    ['a semicolon', 'f(1)', 'f(1);'],
    ['semicolons for lines', 'f(1)\ng(2)', 'f(1); g(2)'],
  ])('takes two writings that differ in %s for one', (_name, before, after) => {
    expect(read(after).tokens).toEqual(read(before).tokens);
  });

  it.each([
    ['an argument', 'a = f(x)', 'a = f(x[:5])'],
    ['the text of a string', 'a = f("x")', 'a = f("y")'],
    ['what brackets hold together', 'x = a + b * c', 'x = (a + b) * c'],
    ['a tuple of one', 'x = (a)', 'x = (a,)'],
    ['what a loop holds', 'for x in y:\n    f()\ng()', 'for x in y:\n    f()\n    g()'],
    ['the text of a format string', 'a = f"x {b}"', 'a = f"y {b}"'],
  ])('tells apart code that differs in %s', (_name, before, after) => {
    expect(read(after).tokens).not.toEqual(read(before).tokens);
  });
});
