import type { Node } from './ast.ts';
import { hogqlError } from './errors.ts';
import { type Token, tokenize } from './tokens.ts';

/** Clauses that the parser drops or misreads without a word. The answer would be wrong, so they are refused. */
const DROPPED: readonly (readonly [readonly string[], string, string])[] = [
  [
    ['WITH', 'ROLLUP|CUBE|TOTALS'],
    'WITH ROLLUP, WITH CUBE and WITH TOTALS are not supported',
    'Write GROUP BY ROLLUP(a, b).',
  ],
  [['NULLS', 'FIRST|LAST'], 'NULLS FIRST and NULLS LAST are not supported', 'Sort by isNull(x) first.'],
  [['IGNORE|RESPECT', 'NULLS'], 'IGNORE NULLS and RESPECT NULLS are not supported', 'Filter: anyIf(x, isNotNull(x)).'],
  [['DISTINCT', 'ON', '\\('], 'DISTINCT ON is not supported', 'Write LIMIT 1 BY key.'],
  [['INTO', 'OUTFILE'], 'INTO OUTFILE is not supported', 'Results come back as rows.'],
  [['INTERPOLATE', '\\('], 'INTERPOLATE is not supported', 'Leave INTERPOLATE out.'],
  [['COLLATE', "'|\\w+"], 'COLLATE is not supported', 'Sort by lower(x).'],
  [['LIMIT', '\\d+', ','], 'LIMIT a, b is not supported', 'OFFSET is refused for personal API keys; page by a key.'],
];

/** @throws RunbookError `hogql` */
export function refuseDroppedTokens(text: string): void {
  const tokens = tokenize(text);
  for (const [pattern, message, hint] of DROPPED) {
    const tests = pattern.map((word) => new RegExp(`^(?:${word})$`, 'u'));
    const at = tokens.findIndex((_token, index) =>
      tests.every((test, step) => test.test(tokens[index + step]?.word ?? '')),
    );
    const [first, last] = [tokens[at], tokens[at + tests.length - 1]];
    if (first && last) throw hogqlError(message, { start: first.start, end: last.end }, hint);
  }
  refuseTail(tokens);
}

/** `FORMAT JSON` and `SETTINGS x = 1` at the end: the first would be taken for an alias. */
function refuseTail(tokens: readonly Token[]): void {
  const [before, last] = tokens.slice(-2);
  if (before?.word === 'FORMAT' && last && /^\w+$/u.test(last.word))
    throw hogqlError('FORMAT is not supported', { start: before.start, end: last.end }, 'Results come back as rows.');
}

/** What shows only beside the tree: words that it has no place for. @throws RunbookError `hogql` */
export function refuseDroppedNodes(node: unknown, text: string): void {
  if (Array.isArray(node)) {
    for (const item of node) refuseDroppedNodes(item, text);
    return;
  }
  if (typeof node !== 'object' || node === null) return;
  const tree = node as Node;
  if (tree.node === 'WindowFunction') refuseInWindow(tree, text);
  if (tree.node === 'SelectSetQuery') refuseOrderedSet(tree, text);
  for (const value of Object.values(node)) refuseDroppedNodes(value, text);
}

/** `count(DISTINCT x) OVER` and `FILTER … OVER` lose their words. */
function refuseInWindow(node: Node & { node: 'WindowFunction' }, text: string): void {
  if (!node.start || !node.end) return;
  const tokens = tokenize(text.slice(node.start.offset, node.end.offset));
  const over = lastAtTop(tokens, 'OVER');
  const call = tokens.slice(0, over);
  const at = { start: node.start.offset, end: node.end.offset };
  if (
    call.some(
      (token, index) => token.word === 'DISTINCT' && depthAt(call, index) === 1 && call[index - 1]?.word === '(',
    )
  )
    throw hogqlError(`DISTINCT in a window function is not supported`, at, 'Count distinct values in a subquery.');
  if (call.some((token, index) => token.word === 'FILTER' && depthAt(call, index) === 0))
    throw hogqlError('FILTER in a window function is not supported', at, 'Write sumIf(x, condition) OVER (…).');
}

function depthAt(tokens: readonly Token[], index: number): number {
  let depth = 0;
  for (const token of tokens.slice(0, index)) depth += token.word === '(' ? 1 : token.word === ')' ? -1 : 0;
  return depth;
}

function lastAtTop(tokens: readonly Token[], word: string): number {
  for (let index = tokens.length - 1; index >= 0; index -= 1)
    if (tokens[index]?.word === word && depthAt(tokens, index) === 0) return index;
  return tokens.length;
}

/** ORDER BY behind a last part in parentheses belongs to the whole set, and is dropped. */
function refuseOrderedSet(node: Node & { node: 'SelectSetQuery' }, text: string): void {
  const last = node.subsequent_select_queries.at(-1)?.select_query;
  if (!node.end || !last?.end || node.order_by) return;
  const tail = tokenize(text.slice(last.end.offset, node.end.offset));
  const at = { start: last.end.offset, end: node.end.offset };
  if (tail.some((token, index) => token.word === 'ORDER' && tail[index + 1]?.word === 'BY'))
    throw hogqlError(
      'ORDER BY of a whole UNION is not supported',
      at,
      'Wrap it: SELECT * FROM (… UNION ALL …) ORDER BY x.',
    );
}
