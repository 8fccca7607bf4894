/** What Python refuses and its grammar here forgives. */

type Parser = typeof import('@lezer/python').parser;
export type SyntaxNode = ReturnType<Parser['parse']>['topNode'];

/** @returns where a node breaks a rule, null where it breaks none; a node is looked at by itself */
export function brokenRule(node: SyntaxNode, text: string): number | null {
  const broken = RULES[node.name]?.(childrenOf(node), text, node) ?? null;
  return broken === null ? null : broken.from;
}

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

/** The node that is to blame, if one is. */
type Rule = (children: SyntaxNode[], text: string, node: SyntaxNode) => SyntaxNode | null | undefined;

const RULES: Record<string, Rule> = {
  // `print "x"` is of Python 2.
  PrintStatement: (_children, _text, node) => node,
  VariableName: badName,
  PropertyName: badName,
  Number: (_children, text, node) => (NUMBER.test(textOf(node, text)) ? null : node),
  MemberExpression: ([of, , name]) => (of?.name === 'Number' && name?.name === 'PropertyName' ? name : null),
  CompareOp: (_children, text, node) => (textOf(node, text) === '<>' ? node : null),
  AssignStatement: assigned,
  UpdateStatement: (children) => children.find((child, at) => at < opAt(children) && !UPDATED.has(child.name)),
  NamedExpression: ([target]) => (target?.name === 'VariableName' ? null : target),
  DeleteStatement: (children, text) => children.slice(1).find((child) => !isTarget(child, text)),
  ForStatement: iterated,
  ComprehensionExpression: iterated,
  ArrayComprehensionExpression: iterated,
  SetComprehensionExpression: iterated,
  DictionaryComprehensionExpression: iterated,
  ArgList: (children, text) => badArgument(children, text) ?? iterated(children, text),
  ParamList: badParameter,
  TryStatement: badTry,
  // `raise A, "b"` is of Python 2.
  RaiseStatement: (children) => children.find((child) => child.name === ','),
};

const NAME = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;
const KEYWORDS = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
);
const DIGITS = String.raw`\d(?:_?\d)*`;
const NUMBER = new RegExp(
  String.raw`^(?:0x(?:_?[\da-f])+|0o(?:_?[0-7])+|0b(?:_?[01])+|0(?:_?0)*|[1-9](?:_?\d)*|(?:${DIGITS}\.(?:${DIGITS})?|\.${DIGITS})(?:e[+-]?${DIGITS})?j?|${DIGITS}(?:e[+-]?${DIGITS}j?|j))$`,
  'iu',
);

function textOf(node: SyntaxNode, text: string): string {
  return text.slice(node.from, node.to);
}

/** Smart quotes and dashes are letters to the grammar. */
function badName(_children: SyntaxNode[], text: string, node: SyntaxNode): SyntaxNode | null {
  const name = textOf(node, text).normalize('NFKC');
  return NAME.test(name) && !KEYWORDS.has(name) ? null : node;
}

const UPDATED = new Set(['VariableName', 'MemberExpression']);
const GROUPS = new Set(['TupleExpression', 'ArrayExpression', 'ParenthesizedExpression']);
const MARKS = new Set([',', '*', '(', ')', '[', ']']);

/** Whether something can be assigned to; of a group all that is in it. */
function isTarget(node: SyntaxNode, text: string): boolean {
  if (GROUPS.has(node.name)) return childrenOf(node).every((child) => isTarget(child, text));
  return UPDATED.has(node.name) || MARKS.has(textOf(node, text));
}

function opAt(children: readonly SyntaxNode[]): number {
  return children.findLastIndex(({ name }) => name === 'AssignOp' || name === 'UpdateOp');
}

function assigned(children: SyntaxNode[], text: string): SyntaxNode | undefined {
  const type = children.findIndex(({ name }) => name === 'TypeDef');
  if (type >= 0) return children.slice(0, type).find((child, at) => at > 0 || !UPDATED.has(child.name));
  return children.slice(0, opAt(children)).find((child) => child.name !== 'AssignOp' && !isTarget(child, text));
}

/** What stands between `for` and `in`. */
function iterated(children: SyntaxNode[], text: string): SyntaxNode | undefined {
  let inside = false;
  return children.find((child) => {
    if (child.name === 'for' || child.name === 'in') inside = child.name === 'for';
    else return inside && !isTarget(child, text);
    return false;
  });
}

/** What stands between the brackets and commas of a list. */
function itemsOf(children: readonly SyntaxNode[]): SyntaxNode[][] {
  const items: SyntaxNode[][] = [[]];
  for (const child of children) {
    if (child.name === ',') items.push([]);
    else if (child.name !== '(' && child.name !== ')') items.at(-1)?.push(child);
  }
  return items.filter((item) => item.length > 0);
}

const hasDefault = (item: readonly SyntaxNode[]) => item.some(({ name }) => name === 'AssignOp');

/** A place after a named one, a place or `*` after `**`, a name given twice, a generator beside others. */
function badArgument(children: SyntaxNode[], text: string): SyntaxNode | undefined {
  const items = itemsOf(children);
  const names = new Set<string>();
  let [named, unpacked] = [false, false];
  for (const item of items) {
    const [first] = item;
    if (!first) continue;
    if (first.name === '**') unpacked = true;
    else if (first.name === '*' ? unpacked : !hasDefault(item) && (named || unpacked)) return first;
    if (items.length > 1 && item.some(({ name }) => name === 'for')) return first;
    if (!hasDefault(item)) continue;
    if (first.name !== 'VariableName' || names.has(textOf(first, text))) return first;
    names.add(textOf(first, text));
    named = true;
  }
  return undefined;
}

/** A name given twice, one without a default after one that has it, anything after `**`, and a `*` with no name behind it. */
function badParameter(children: SyntaxNode[], text: string): SyntaxNode | undefined {
  const names = new Set<string>();
  let [optional, starred, ended] = [false, false, false];
  const items = itemsOf(children.filter(({ name }) => name !== 'Comment'));
  for (const [index, item] of items.entries()) {
    const [first] = item;
    const name = item.find((child) => child.name === 'VariableName');
    if (!first || ended) return first;
    if (name && names.has(textOf(name, text))) return name;
    if (name) names.add(textOf(name, text));
    if (first.name === '**') ended = true;
    else if (first.name === '*') {
      const next = items[index + 1]?.[0];
      if (starred || (!name && (!next || next.name === '**'))) return first;
      starred = true;
    } else if (hasDefault(item)) optional = true;
    else if (optional && !starred && name) return first;
  }
  return undefined;
}

/** `except` or `finally`, in their order. */
function badTry(children: SyntaxNode[], _text: string, node: SyntaxNode): SyntaxNode | null {
  const words = children.map(({ name }) => name).filter((name) => /^(?:try|except|else|finally)$/u.test(name));
  return /^try (?:(?:except )+(?:else )?(?:finally )?|finally )$/u.test(`${words.join(' ')} `) ? null : node;
}
