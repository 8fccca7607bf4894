import type { Block, CodeBlock, Prose, TableBlock } from './markdown.ts';
import { CODE_MARK } from './markdown.ts';

/** A trace id that a text cites. */
export interface Citation {
  id: string;
  line: number;
}

const UUID = /(?<![\w-])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/giu;
const HEX = /(?<![\w-])[0-9a-f]{32}(?![\w-])/giu;
/** `trace 0194-abc…` in plain prose: an id has a digit and some length. */
const PLAIN = /\btraces?(?:[ _]ids?)?:? ((?=[\w:.-]*\d)[\w:-][\w:.-]{6,}[\w…])/giu;
const AFTER_WORD = /\btraces?(?:[ _]ids?)?\s*[:(]*\s*$/iu;
const AFTER_ANOTHER = /^\s*(?:,|;|and|or|&|\/|, and)\s*$/iu;
/** Properties, files and variables are no ids. */
const NO_ID = /^\$|trace_?ids?$|^(?:data|figures)\/|\.(?:json|csv|md|py)$|[()={}]/iu;
const COLUMN = /^(?:example |worst |sample )?traces?(?: ?ids?| examples?)?$/iu;
const NOTHING = /^(?:|none|n\/a|-|–|—|\d{1,7}|[\d,.]+)$/iu;

/**
 * The trace ids that a block cites: code spans after the word "trace" or in a trace column, UUIDs and 32-digit ids anywhere, and
 * code spans that `isKnown` recognises. Of code blocks see `idsInCode`.
 */
export function citations(block: Block, isKnown: (id: string) => boolean): Citation[] {
  if (block.kind === 'text') return block.lines.flatMap((line) => inProse(line, isKnown));
  if (block.kind === 'table') return inTable(block, isKnown);
  return [];
}

/** What a query compares trace ids with. */
const COMPARED = /trace_?id\w*\W{0,3}\s*(?:=|!=|<>|(?:not\s+)?in)\s*\(?\s*((?:'[^'\n]*'[\s,]*)+)/giu;

/** The trace ids that code names: values of `trace_id` in a query, and ids of a shape that nothing else has where it speaks of traces. */
export function idsInCode(block: CodeBlock): Citation[] {
  if (!/trace/iu.test(block.value)) return [];
  const compared = [...block.value.matchAll(COMPARED)].flatMap(({ index, 0: whole, 1: list = '' }) =>
    [...list.matchAll(/'([^'\n]+)'/gu)].map((match) => ({
      id: match[1] ?? '',
      at: index + whole.indexOf(list) + match.index,
    })),
  );
  const shaped = [UUID, HEX].flatMap((pattern) =>
    [...block.value.matchAll(pattern)].map((match) => ({ id: match[0], at: match.index })),
  );
  const found = new Map([...compared, ...shaped].map(({ id, at }) => [id, at]));
  return [...found].map(([id, at]) => ({
    id,
    line: block.line + 1 + (block.value.slice(0, at).match(/\n/gu)?.length ?? 0),
  }));
}

function inProse(prose: Prose, isKnown: (id: string) => boolean): Citation[] {
  const ids = new Set<string>();
  const between = prose.text.split(CODE_MARK);
  let chained = false;
  for (const [index, code] of prose.codes.entries()) {
    const before = between[index] ?? '';
    chained = AFTER_WORD.test(before) || (chained && AFTER_ANOTHER.test(before));
    const named = chained && !NO_ID.test(code) && /[\p{L}\p{N}]/u.test(code);
    if (named || isKnown(code) || isMatch(code)) ids.add(code);
  }
  for (const [id] of [...prose.text.matchAll(UUID), ...prose.text.matchAll(HEX)]) ids.add(id);
  for (const [, id = ''] of prose.text.matchAll(PLAIN)) if (!NO_ID.test(id) && !isMatch(id)) ids.add(id);
  return [...ids].map((id) => ({ id, line: prose.line }));
}

/** The whole text is an id of a shape that nothing else has. */
function isMatch(text: string): boolean {
  return [UUID, HEX].some((pattern) => text.match(pattern)?.[0] === text);
}

function inTable(table: TableBlock, isKnown: (id: string) => boolean): Citation[] {
  return table.rows.flatMap((row) =>
    row.cells.flatMap((cell, column) => {
      if (!COLUMN.test(table.header[column]?.trim() ?? '')) return inProse(cell, isKnown);
      const ids = cell.codes.length > 0 ? cell.codes : cell.text.split(/[,;]\s*/u).map((id) => id.trim());
      return ids
        .filter((id) => cell.codes.length > 0 || !NOTHING.test(id))
        .filter((id) => id !== '(empty)')
        .map((id) => ({ id, line: cell.line }));
    }),
  );
}
