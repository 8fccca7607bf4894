/** Python code as its syntax tree says it: where it does not parse, and what it does once comments are gone. */

type Parser = typeof import('@lezer/python').parser;
type SyntaxNode = ReturnType<Parser['parse']>['topNode'];

export interface PythonCode {
  /** The first place that is no Python, with its line counted from 1; null where all of it parses. */
  fault: { line: number; message: string } | null;
  /** Its tokens without comments, docstrings and white space, so that two writings of one program are equal. */
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
    const text = dedent(code);
    const { topNode } = parser.parse(text);
    const offset = firstError(topNode, text) ?? strayIndent(topNode, text);
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
function firstError(root: SyntaxNode, text: string): number | null {
  for (const node of nodesOf(root)) if (node.type.isError) return Math.min(node.from, text.trimEnd().length);
  return null;
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

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

function tokensOf(node: SyntaxNode, text: string): string[] {
  if (node.name === 'Comment' || isDocstring(node)) return [];
  // A format string's text lies between its nodes, so that it is one token.
  if (/String$/u.test(node.name)) return [unquoted(text.slice(node.from, node.to))];
  const children = childrenOf(node);
  if (children.length > 0) return children.flatMap((child) => tokensOf(child, text));
  return node.from === node.to ? [] : [text.slice(node.from, node.to)];
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
