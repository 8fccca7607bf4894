import type { Node, QueryNode } from './ast.ts';
import { refuseDroppedNodes, refuseDroppedTokens } from './dropped.ts';
import { hogqlError } from './errors.ts';
import { keepParsed, readParsed } from './parse-cache.ts';
import { cutSubqueries, graft } from './subqueries.ts';

interface Parser {
  parseSelect(text: string): string;
  parseExpr(text: string): string;
}

/** Trees kept by their text: the parser takes about 0.2 ms a character. */
const MAX_CACHED = 500;
const parsed = new Map<string, Node>();
let parser: Promise<Parser> | undefined;

async function loadParser(): Promise<Parser> {
  parser ??= import('@posthog/hogql-parser').then((module) => (module.default as unknown as () => Promise<Parser>)());
  return parser;
}

/** Parses a query with PostHog's grammar. @throws RunbookError `hogql` with the position of the first thing that is no HogQL */
export async function parseSelect(text: string): Promise<QueryNode> {
  const using = await loadParser();
  return checked(text, () => parsePart(text, using) ?? failing(using.parseSelect(text), text)) as QueryNode;
}

/** Parses an expression. @throws RunbookError `hogql` */
export async function parseExpr(text: string): Promise<Node> {
  const using = await loadParser();
  return checked(text, () => failing(using.parseExpr(text), text));
}

function checked(text: string, parse: () => Node): Node {
  if (text.trim() === '') throw hogqlError('Empty query', { start: 0, end: text.length });
  refuseDroppedTokens(text);
  const tree = parse();
  refuseDroppedNodes(tree, text);
  return tree;
}

/** The tree of a query, its long subqueries parsed apart; undefined where something is no HogQL. */
function parsePart(text: string, using: Parser): Node | undefined {
  const known = parsed.get(text);
  if (known) return known;
  const { outer, cuts, inWhole } = cutSubqueries(text);
  const kept = readParsed(outer);
  const json = kept ?? using.parseSelect(outer);
  const rough = readTree(json, outer);
  if (rough.error === true) return undefined;
  if (kept === undefined) keepParsed(outer, json);
  const trees = cuts.map((cut) => {
    const tree = parsePart(cut.text, using);
    return tree && moved(tree, (position) => position + cut.start);
  });
  if (trees.includes(undefined)) return undefined;
  const tree = cuts.length === 0 ? rough : (graft(moved(rough, inWhole), trees) as Node);
  remember(text, tree);
  return tree;
}

/** The text that was parsed first is forgotten first. */
function remember(text: string, tree: Node): void {
  const [oldest] = parsed.keys();
  if (parsed.size >= MAX_CACHED && oldest !== undefined) parsed.delete(oldest);
  parsed.set(text, tree);
}

interface Failure {
  error?: true;
  message?: string;
  start?: { offset: number };
  end?: { offset: number };
}

function failing(json: string, text: string): Node {
  const tree = readTree(json, text);
  if (tree.error !== true) return tree;
  const start = Math.min(tree.start?.offset ?? 0, text.length);
  const end = Math.min(Math.max(tree.end?.offset ?? start, start), text.length);
  throw hogqlError(
    tree.message ?? 'The query cannot be parsed.',
    { start, end },
    'This is where the text stops being HogQL.',
  );
}

/** The parser counts code points, JavaScript UTF-16 units. */
function readTree(json: string, text: string): Node & Failure {
  const tree = JSON.parse(keepNumbers(json)) as Node & Failure;
  if (!/[\u{10000}-\u{10ffff}]/u.test(text)) return tree;
  const starts: number[] = [];
  let at = 0;
  for (const char of text) {
    starts.push(at);
    at += char.length;
  }
  return moved(tree, (points) => starts[points] ?? text.length);
}

/** The tree with other positions. */
function moved<T>(tree: T, move: (position: number) => number): T {
  if (Array.isArray(tree)) return tree.map((item) => moved(item as unknown, move)) as T;
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]: [string, unknown]) =>
      (key === 'start' || key === 'end') && isPlace(value)
        ? [key, { offset: move(value.offset) }]
        : [key, moved(value, move)],
    ),
  ) as T;
}

function isPlace(value: unknown): value is { offset: number } {
  return typeof value === 'object' && value !== null && typeof (value as { offset?: unknown }).offset === 'number';
}

/** Keeps a number's own text beside its value: `1.0` would become 1, and 2^63 would be rounded. */
function keepNumbers(json: string): string {
  return json.replace(/([{,])"value":(-?[\d.][\d.eE+-]*)(?=[,}])/gu, '$1"value":$2,"text":"$2"');
}
