import type { Block, CodeBlock, Prose, TableBlock } from './markdown.ts';
import { CODE_MARK } from './markdown.ts';

/** A trace id that a text cites. */
export interface Citation {
  id: string;
  line: number;
}

const UUID = /(?<![\p{L}\p{N}-])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\p{L}\p{N}-])/giu;
const HEX = /(?<![\p{L}\p{N}-])[0-9a-f]{32}(?![\p{L}\p{N}-])/giu;
/** The beginning of a UUID, as a code span of its own. */
const BEGINNING = /^(?=.*\d)(?=.*[a-f])[0-9a-f]{8}-[0-9a-f][0-9a-f-]*…?$/iu;
/** `trace 0194-abc…` in plain prose: an id has a digit and some length, or is hexadecimal, or has two hyphens. */
const PLAIN =
  /\btraces?(?:[ _]ids?)?(?:["'“(#]*\s*[:=]\s*|\s+(?:is |was |no\.? |number )?)["'“(#]*((?=[\w:.-]*\d)[\w:-][\w:.-]{6,}[\w…]|[a-f]{8,}(?![\w-])|[a-z]+(?:-[a-z]+){2,}(?![\w-]))/giu;
/** The last part of a link to a trace. */
const LINKED = /\/traces?\/((?=[\w%:.-]*\d)[\w%:.-]{6,})/giu;
const AFTER_WORD = /\btraces?(?:[ _]ids?)?\s*[:(]*\s*$/iu;
const AFTER_ANOTHER = /^\s*(?:,|;|and|or|&|\/|, and)\s*$/iu;
/** Properties, files and variables are no ids. */
const NO_ID = /^\$|trace_?ids?$|^(?:data|figures)\/|\.(?:json|csv|md|py)$|[()={}]|^\d{4}-\d\d-\d\d/iu;
/** Hyphens of English: `end-to-end`. */
const COMPOUND =
  /^[a-z-]*\b(?:to|by|of|the|an?|with(?:out)?|from|per|in|on|and|or|for|at|as|up|out|off|not|non|end|level|based|wide|time|long|high|low|well|first|last)\b[a-z-]*$/iu;
const COLUMN = /^(?:example |worst |sample )?traces?(?: ?ids?| examples?)?$/iu;
const NOTHING = /^(?:|none|n\/a|-|–|—|\d{1,7}|[\d,.]+)$/iu;

/**
 * The trace ids that a block cites: code spans after the word "trace" or in a trace column, UUIDs, 32-digit ids and links to a trace
 * anywhere, and code spans that `isKnown` recognises. Of code blocks see `idsInCode`.
 */
export function citations(block: Block, isKnown: (id: string) => boolean): Citation[] {
  if (block.kind === 'text') return block.lines.flatMap((line) => inProse(line, isKnown));
  if (block.kind === 'table') return inTable(block, isKnown);
  return [];
}

/** What a query compares trace ids with. */
const COMPARED =
  /trace_?id\w{0,40}\W{0,3}\s{0,99}(?:=|!=|<>|(?:not\s{1,99})?in)\s{0,99}\(?\s{0,99}((?:'[^'\n]*'[\s,]*)+)/giu;

/**
 * The trace ids that code names: values of `trace_id` in a query, ids of a shape that nothing else has where it speaks of traces, and what its
 * comments cite.
 */
export function idsInCode(block: CodeBlock): Citation[] {
  const cited = commentsOf(block).flatMap((comment) => inProse(comment, () => false));
  const own = idsOfCode(block).filter(({ id }) => !cited.some((citation) => citation.id === id));
  return [...own, ...cited];
}

/** What follows `#`, `--` or `//`. */
function commentsOf(block: CodeBlock): Prose[] {
  return block.value.split('\n').flatMap((line, at) => {
    const text = /(?:^|\s)(?:#|--|\/\/)(.*)$/u.exec(line)?.[1];
    return text === undefined ? [] : [{ text, codes: [], line: block.line + 1 + at }];
  });
}

function idsOfCode(block: CodeBlock): Citation[] {
  if (!/trace/iu.test(block.value)) return [];
  const compared = [...block.value.matchAll(COMPARED)].flatMap(({ index, 0: whole, 1: list = '' }) =>
    [...list.matchAll(/'([^'\n]+)'/gu)].map((match) => ({
      id: match[1] ?? '',
      at: index + whole.indexOf(list) + match.index,
    })),
  );
  const shaped = [UUID, HEX, LINKED].flatMap((pattern) =>
    [...block.value.matchAll(pattern)].map((match) => ({ id: match[1] ?? match[0], at: match.index })),
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
    if (named || isKnown(code) || isMatch(code) || BEGINNING.test(code)) ids.add(code);
    for (const id of linked(code)) ids.add(id);
  }
  for (const id of linked(prose.text)) ids.add(id);
  for (const [id] of [...prose.text.matchAll(UUID), ...prose.text.matchAll(HEX)]) ids.add(id);
  for (const [, id = ''] of prose.text.matchAll(PLAIN)) {
    if (!NO_ID.test(id) && !COMPOUND.test(id) && !isMatch(id)) ids.add(id);
  }
  return [...ids].map((id) => ({ id, line: prose.line }));
}

/** The ids in links to traces. */
function linked(text: string): string[] {
  return [...text.matchAll(LINKED)].map(([, id = '']) => decoded(id).replace(/[.:]+$/u, ''));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
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
