import type { Node } from './ast.ts';
import { hogqlError } from './errors.ts';
import { keepParsed, readParsed } from './parse-cache.ts';

interface Parser {
  parseSelect(text: string): string;
  parseExpr(text: string): string;
}

let parser: Promise<Parser> | undefined;
const parsed = new Map<string, Node>();
const MAX_CACHED = 500;

async function loadParser(): Promise<Parser> {
  parser ??= import('@posthog/hogql-parser').then((module) => (module.default as unknown as () => Promise<Parser>)());
  return parser;
}

/**
 * Parses a query. The parser takes about 0.2 ms a character and more for deep nesting, so subqueries are cut out, parsed on their own and
 * remembered by their text: a fragment that many queries share is parsed once.
 * @throws RunbookError `hogql` with the position of the first thing that is no HogQL
 */
export async function parseSelect(text: string): Promise<Node> {
  refuseDropped(text);
  return parsePart(text, await loadParser(), 0);
}

export async function parseExpr(text: string): Promise<Node> {
  refuseDropped(text);
  const result = JSON.parse((await loadParser()).parseExpr(text)) as Node & ParseFailure;
  if (result.error) throw syntaxError(result, 0);
  return result;
}

interface ParseFailure {
  error?: boolean;
  message?: string;
  start?: { offset: number };
  end?: { offset: number };
}

function syntaxError(failure: ParseFailure, base: number): Error {
  const start = base + (failure.start?.offset ?? 0);
  return hogqlError(failure.message ?? 'cannot parse the query', {
    start,
    end: base + (failure.end?.offset ?? start),
  });
}

const CUT = /^\s*(?:SELECT|WITH)\b/iu;
/** Shorter subqueries are not worth a parse of their own. */
const MIN_CUT = 200;

function parsePart(text: string, using: Parser, base: number): Node {
  const known = parsed.get(text);
  if (known) return known;
  const { outer, cuts } = cutSubqueries(text);
  const result = parseOuter(outer, using);
  if (result.error) throw cuts.length > 0 ? wholeError(text, using, base) : syntaxError(result, base);
  const parts = cuts.map(
    (cut) => moved(parsePart(cut.text, using, base + cut.start), (offset) => offset + cut.start) as Node,
  );
  const tree =
    parts.length === 0
      ? result
      : (graft(
          moved(result, (offset) => inWhole(offset, cuts)),
          parts,
        ) as Node);
  if (parsed.size >= MAX_CACHED) parsed.clear();
  parsed.set(text, tree);
  return tree;
}

/** Texts longer than this are worth a file in the cache. */
const MIN_KEPT = 300;

function parseOuter(text: string, using: Parser): Node & ParseFailure {
  const kept = text.length >= MIN_KEPT ? readParsed(text) : undefined;
  if (kept) return kept;
  const result = JSON.parse(using.parseSelect(text)) as Node & ParseFailure;
  if (!result.error && text.length >= MIN_KEPT) keepParsed(text, result);
  return result;
}

/** An error in what surrounds the subqueries is reported at its place in the whole text. */
function wholeError(text: string, using: Parser, base: number): Error {
  const result = JSON.parse(using.parseSelect(text)) as ParseFailure;
  return syntaxError(result.error ? result : { message: 'cannot parse the query' }, base);
}

const STAND_IN = '__subquery_';

/** A subquery that was cut out: where it began, where its stand-in ends, and by how much the text became shorter. */
interface Cut {
  start: number;
  text: string;
  outerEnd: number;
  shortened: number;
}

/** Replaces the outermost long `(SELECT …)` by `(SELECT __subquery_N)`. */
function cutSubqueries(text: string): { outer: string; cuts: Cut[] } {
  const cuts: Cut[] = [];
  let outer = '';
  let at = 0;
  for (const [open, close] of parentheses(text)) {
    if (open < at) continue;
    const inner = text.slice(open + 1, close);
    if (inner.length < MIN_CUT || !CUT.test(inner)) continue;
    const standIn = `SELECT ${STAND_IN}${cuts.length}`;
    outer += text.slice(at, open + 1) + standIn;
    cuts.push({ start: open + 1, text: inner, outerEnd: outer.length, shortened: inner.length - standIn.length });
    at = close;
  }
  return { outer: outer + text.slice(at), cuts };
}

/** Pairs of parentheses outside strings, quoted names and comments, by opening position. */
function parentheses(text: string): [number, number][] {
  const pairs: [number, number][] = [];
  const stack: number[] = [];
  for (const match of text.matchAll(TOKENS)) {
    if (match[0] === '(') stack.push(match.index);
    else if (match[0] === ')') {
      const open = stack.pop();
      if (open !== undefined) pairs.push([open, match.index]);
    }
  }
  return pairs.sort((a, b) => a[0] - b[0]);
}

/** Strings, quoted names and comments as single tokens; words; anything else character by character. */
const TOKENS =
  /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|--[^\n]*|\/\*[\s\S]*?\*\/|[A-Za-z_$][\w$]*|[^\s]/gu;

function graft(node: unknown, parts: Node[]): unknown {
  if (Array.isArray(node)) return node.map((item) => graft(item, parts));
  if (typeof node !== 'object' || node === null) return node;
  const stand = standIn(node as Node);
  if (stand !== undefined) return parts[stand];
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, graft(value, parts)]));
}

/** A copy whose positions are those of another text. */
function moved(node: unknown, to: (offset: number) => number): unknown {
  if (Array.isArray(node)) return node.map((item) => moved(item, to));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === 'offset' && typeof value === 'number' ? to(value) : moved(value, to),
    ]),
  );
}

/** Where a place of the shortened text lies in the whole one. */
function inWhole(offset: number, cuts: Cut[]): number {
  return cuts.reduce((at, cut) => (offset >= cut.outerEnd ? at + cut.shortened : at), offset);
}

function standIn(node: Node): number | undefined {
  if (node.node !== 'SelectQuery') return undefined;
  const [column] = (node as Node & { select: Node[] }).select;
  const name = column?.node === 'Field' ? String((column as Node & { chain: unknown[] }).chain[0]) : '';
  return name.startsWith(STAND_IN) ? Number(name.slice(STAND_IN.length)) : undefined;
}

/** Clauses that the parser drops or misreads without a word: a wrong number would be the result, so they are refused. */
const DROPPED: [RegExp, string][] = [
  [/ WITH (?:ROLLUP|TOTALS|CUBE) /u, 'WITH ROLLUP, WITH CUBE and WITH TOTALS are not supported.'],
  [/ NULLS (?:FIRST|LAST) /u, 'NULLS FIRST and NULLS LAST are not supported.'],
  [/ (?:IGNORE|RESPECT) NULLS /u, 'IGNORE NULLS and RESPECT NULLS are not supported.'],
  [/ FORMAT [A-Z]\w* $/u, 'FORMAT is not supported.'],
  [/ SETTINGS \w+ = /u, 'SETTINGS is not supported.'],
  [/ DISTINCT ON \( /u, 'DISTINCT ON is not supported.'],
  [
    / LIMIT \d+ , \d+ /u,
    'LIMIT a, b is not supported. OFFSET is not supported on queries made with a personal API key.',
  ],
  [/ INTO OUTFILE /u, 'INTO OUTFILE is not supported.'],
];

function refuseDropped(text: string): void {
  const tokens = [...text.matchAll(TOKENS)].filter(([token]) => !token.startsWith('--') && !token.startsWith('/*'));
  const digits = text.replace(/'(?:[^'\\]|\\.)*'/gu, "''");
  const line = ` ${tokens.map(([token]) => (/^['"`]/u.test(token) ? 'x' : token.toUpperCase())).join(' ')} `;
  for (const [pattern, message] of DROPPED) {
    const subject = message.startsWith('LIMIT')
      ? ` ${digits.toUpperCase().replace(/,/gu, ' , ').replace(/\s+/gu, ' ')} `
      : line;
    if (pattern.test(subject)) throw hogqlError(message);
  }
}
