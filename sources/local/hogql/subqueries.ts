import { tokenize } from './tokens.ts';

/** A subquery that was cut out of a text. */
export interface Cut {
  text: string;
  /** Where it stood. */
  start: number;
}

interface CutText {
  /** The text with a short stand-in for each subquery. */
  outer: string;
  cuts: readonly Cut[];
  /** From a position in `outer` to one in the whole text. */
  inWhole(position: number): number;
}

const STAND_IN = '__cut_';
/** Shorter subqueries are not worth a parse of their own. */
const MIN_LENGTH = 150;

/**
 * Takes the outermost long subqueries out of a query. PostHog's parser needs more than linear time, and queries of one run share their
 * subqueries: parsed apart, each is parsed once.
 */
export function cutSubqueries(text: string): CutText {
  const cuts: Cut[] = [];
  /** Ends of the stand-ins in `outer`, and how far what follows has moved. */
  const moves: { from: number; by: number }[] = [];
  let outer = '';
  let at = 0;
  for (const { start, end } of outermost(text)) {
    outer += `${text.slice(at, start)}SELECT ${STAND_IN}${cuts.length}`;
    moves.push({ from: outer.length, by: end - outer.length });
    cuts.push({ text: text.slice(start, end), start });
    at = end;
  }
  outer += text.slice(at);
  const inWhole = (position: number) => position + (moves.findLast(({ from }) => position >= from)?.by ?? 0);
  return { outer, cuts, inWhole };
}

/** The insides of the outermost long `(SELECT …)` and `(WITH …)`. */
function outermost(text: string): { start: number; end: number }[] {
  if (text.includes(STAND_IN)) return [];
  const tokens = tokenize(text);
  const found: { start: number; end: number }[] = [];
  const open: number[] = [];
  tokens.forEach((token, index) => {
    if (token.word === '(') open.push(index);
    if (token.word !== ')') return;
    const opener = open.pop();
    const [left, first] = opener === undefined ? [] : [tokens[opener], tokens[opener + 1]];
    if (!left || !first || !['SELECT', 'WITH'].includes(first.word)) return;
    const [start, end] = [left.end, token.start];
    if (end - start < MIN_LENGTH) return;
    while (found.length > 0 && (found.at(-1)?.start ?? 0) > start) found.pop();
    found.push({ start, end });
  });
  return found;
}

/** Puts the trees of the subqueries in the places of their stand-ins. */
export function graft(node: unknown, trees: readonly unknown[]): unknown {
  if (Array.isArray(node)) return node.map((item) => graft(item, trees));
  if (typeof node !== 'object' || node === null) return node;
  const index = standIn(node);
  if (index !== undefined && index < trees.length) return trees[index];
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, graft(value, trees)]));
}

function standIn(node: object): number | undefined {
  const { node: kind, select } = node as { node?: unknown; select?: { chain?: unknown[] }[] };
  if (kind !== 'SelectQuery' || select?.length !== 1) return undefined;
  const name = select[0]?.chain?.[0];
  return typeof name === 'string' && name.startsWith(STAND_IN) ? Number(name.slice(STAND_IN.length)) : undefined;
}
