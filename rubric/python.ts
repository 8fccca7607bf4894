/** Python code as its syntax tree says it: where it does not parse, and what it does once comments are gone. */

import { brokenRule, childrenOf, type SyntaxNode } from './python-rules.ts';

export interface PythonCode {
  /** The first place that is no Python, with its line counted from 1; null where all of it parses. */
  fault: { line: number; message: string } | null;
  /**
   * Its tokens without comments, docstrings, white space, and brackets and commas that change nothing, so that two writings of one program are
   * equal; brackets of our own show what belongs together.
   */
  tokens: readonly string[];
  /** Whether it does anything: `...`, `pass`, docstrings and bare names alone do not. */
  acts: boolean;
}

/** Longer blocks are no sketch of a change, and only serve to keep a parser busy. */
const MAX_CHARS = 50_000;

/**
 * A reader of Python; the grammar is loaded here, once. Code that is indented as a whole, as when cut out of a function, is read from
 * its own margin.
 */
export async function pythonReader(): Promise<(code: string) => PythonCode> {
  const { parser } = await import('@lezer/python');
  return (code) => {
    if (code.length > MAX_CHARS) return { fault: { line: 1, message: 'it is too long' }, tokens: [], acts: false };
    const text = plainWith(dedent(code));
    const { topNode } = parser.parse(text);
    const offset = firstFault(topNode, text) ?? strayIndent(topNode, text);
    return {
      fault: offset === null ? null : { line: text.slice(0, offset).split('\n').length, message: near(text, offset) },
      tokens: tokensOf(topNode, text),
      acts: acts(topNode),
    };
  };
}

function dedent(code: string): string {
  const lines = code.replace(/\t/gu, '    ').split('\n');
  const margins = lines.filter((line) => /^\s*[^\s#]/u.test(line)).map((line) => line.search(/\S/u));
  const margin = Math.min(...margins);
  if (margin === 0 || !Number.isFinite(margin)) return lines.join('\n');
  return lines.map((line) => (line.slice(0, margin).trim() === '' ? line.slice(margin) : line)).join('\n');
}

const WITH = /^ *(?:async )?with *(?=\()/gmu;
const WITH_TARGET = /(?<=^ *(?:async )?with\b[^\n]*\bas *)(?:\w+(?:\.\w+|\[[^\]\n]*\])+|\([^()\n]*\))(?= *[,:])/gmu;
/** The brackets of a `with` hold no more characters than this. */
const MAX_WITH = 2000;

/** `with (a as b, c as d):` and `with a as b.c:` in the form that the grammar knows; every offset stays. */
function plainWith(code: string): string {
  let plain = code;
  for (const { index, 0: head } of code.matchAll(WITH)) {
    const start = index + head.length;
    const items = bracketed(code, start);
    if (!/\bas\b/u.test(items) || !/^ *:/u.test(code.slice(start + items.length))) continue;
    const bare = ` ${items.slice(1, -1).replace(/\n|,\s*$/gu, (gap) => ' '.repeat(gap.length))} `;
    plain = plain.slice(0, start) + bare + plain.slice(start + items.length);
  }
  return plain.replace(WITH_TARGET, (target) => target.replace(/\W/gu, '_'));
}

/** From a bracket to the one that closes it; empty where none does. */
function bracketed(code: string, start: number): string {
  let depth = 0;
  for (let at = start; at < Math.min(code.length, start + MAX_WITH); at += 1) {
    if (code[at] === '(') depth += 1;
    if (code[at] === ')') depth -= 1;
    if (depth === 0) return code.slice(start, at + 1);
  }
  return '';
}

function near(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1).split('\n')[0] ?? '';
  return `invalid Python near ${JSON.stringify(line.trim().slice(0, 60))}`;
}

function* nodesOf(node: SyntaxNode): Generator<SyntaxNode> {
  const cursor = node.cursor();
  do yield cursor.node;
  while (cursor.next());
}

/** What is missing at the end is missing after the last thing that is there. */
function firstFault(root: SyntaxNode, text: string): number | null {
  for (const node of nodesOf(root)) {
    const from = node.type.isError && isMissing(node) ? node.from : brokenRule(node, text);
    if (from !== null) return Math.min(from, text.trimEnd().length);
  }
  return null;
}

/** A `yield` of nothing and the number `1.` are Python, and not in the grammar. */
function isMissing({ parent, from, to }: SyntaxNode): boolean {
  const isNumber = parent?.name === 'MemberExpression' && parent.firstChild?.name === 'Number';
  return from !== to || !(isNumber || parent?.name.startsWith('Yield'));
}

/** The grammar forgives statements of one block that begin in different columns; Python does not. */
function strayIndent(root: SyntaxNode, text: string): number | null {
  for (const node of nodesOf(root)) {
    if (node.name !== 'Script' && node.name !== 'Body') continue;
    let column: number | null = null;
    for (const child of childrenOf(node)) {
      const start = text.lastIndexOf('\n', child.from - 1) + 1;
      if (child.name === 'Comment' || text.slice(start, child.from).trim() !== '') continue;
      if (column !== null && child.from - start !== column) return child.from;
      column = child.from - start;
    }
  }
  return null;
}

function tokensOf(node: SyntaxNode, text: string): string[] {
  if (node.name === 'Comment' || isDocstring(node)) return [];
  // A format string's text lies between its nodes, so that it is one token.
  if (/String$/u.test(node.name)) return [unquoted(text.slice(node.from, node.to))];
  const children = childrenOf(node);
  if (children.length === 0) return node.from === node.to ? [] : [text.slice(node.from, node.to)];
  const tokens = children.filter((child) => !isIdle(child)).flatMap((child) => tokensOf(child, text));
  return isWrapper(node) ? tokens : ['⟨', ...tokens, '⟩'];
}

/** Brackets around one expression, semicolons, and a comma at the end of what is a list without it. */
function isIdle({ name, parent, nextSibling }: SyntaxNode): boolean {
  if (parent?.name === 'StatementGroup') return name === ';';
  if (parent?.name === 'ParenthesizedExpression') return name === '(' || name === ')';
  return name === ',' && LISTS.has(parent?.name ?? '') && /^[)\]}]$/u.test(nextSibling?.name ?? '');
}

const LISTS = new Set(['ArgList', 'ParamList', 'ArrayExpression', 'DictionaryExpression', 'SetExpression']);

function isWrapper({ name }: SyntaxNode): boolean {
  return name === 'ParenthesizedExpression' || name === 'StatementGroup';
}

function isDocstring(node: SyntaxNode): boolean {
  return node.name === 'ExpressionStatement' && childrenOf(node).every((child) => child.name === 'String');
}

/** `'a'` and `"a"` are one string, unless quotes or escapes inside make the marks matter. */
function unquoted(text: string): string {
  const match = /^([a-z]{0,2})("""|'''|"|')([\s\S]*)\2$/iu.exec(text);
  const body = match?.[3] ?? '';
  return match && !/["'\\]/u.test(body) ? `${match[1]?.toLowerCase()}"${body}"` : text;
}

const IDLE = new Set(['Ellipsis', 'String', 'Number', 'VariableName', 'Boolean', 'None', 'ContinuedString']);

function acts(node: SyntaxNode): boolean {
  return childrenOf(node).some((statement) => {
    if (statement.name === 'Comment' || statement.name === 'PassStatement' || statement.type.isError) return false;
    if (statement.name !== 'ExpressionStatement') return true;
    return childrenOf(statement).some((child) => !IDLE.has(child.name) && !child.type.isError);
  });
}
