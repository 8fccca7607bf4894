/** A Markdown text as a flat list of blocks with line numbers, read from the syntax tree. */

/** The part of mdast that is read here. */
interface MdNode {
  type: string;
  value?: string;
  depth?: number;
  lang?: string | null;
  alt?: string | null;
  title?: string | null;
  url?: string;
  /** Of a definition, and of what refers to it. */
  identifier?: string;
  children?: MdNode[];
  position?: { start: { line: number }; end: { line: number } };
}

/** One line of prose or one table cell; code spans are replaced by `CODE_MARK` and listed in order. */
export interface Prose {
  text: string;
  codes: string[];
  line: number;
  /** What it sets in italics. */
  stressed?: string[];
}

/** What stands in a block beside its visible text. */
interface Asides {
  /** Texts that the page does not show at first: alternative texts, titles, comments and attributes. */
  hidden?: Prose[];
  /** Where its links lead. */
  urls?: Prose[];
  /** Addresses of its pictures. */
  pictures?: Prose[];
  /** Its HTML, as written. */
  html?: Prose[];
}

interface HeadingBlock extends Asides {
  kind: 'heading';
  depth: number;
  text: string;
  line: number;
}
export interface TextBlock extends Asides {
  kind: 'text';
  /** Bold text that opens the paragraph or list item, without its colon. */
  lead: string | null;
  lines: Prose[];
  line: number;
  /** Inside a block quote. */
  quoted: boolean;
}
export interface CodeBlock {
  kind: 'code';
  lang: string;
  value: string;
  line: number;
}
export interface TableBlock extends Asides {
  kind: 'table';
  header: string[];
  rows: { cells: Prose[]; line: number }[];
  line: number;
}
export type Block = HeadingBlock | TextBlock | CodeBlock | TableBlock;

/** Stands for a code span in the text of a line. */
export const CODE_MARK = '\uFFFC';

/** Reports are far smaller; anything larger is no report for people to read. */
const MAX_CHARS = 1_000_000;
/** Deeper nesting than this has no use in a report and only serves to exhaust a parser. */
const MAX_NESTING = 40;

/**
 * Reads Markdown (with GitHub's tables) into blocks in document order. Headings count only at the top level: not inside code,
 * quotes or lists.
 * @throws Error where the text or a line of it is too large, or nested too deeply, to be read
 */
export async function readBlocks(markdown: string): Promise<Block[]> {
  if (markdown.length > MAX_CHARS) throw new Error(`it is longer than ${MAX_CHARS} characters`);
  refuseBombs(markdown);
  const [{ unified }, { default: remarkParse }, { default: remarkGfm }] = await Promise.all([
    import('unified'),
    import('remark-parse'),
    import('remark-gfm'),
  ]);
  const root = unified().use(remarkParse).use(remarkGfm).parse(markdown) as MdNode;
  refuseLongLines(markdown, codeLines(root));
  const defined = new Map<string, string>();
  resolve(root, defined);
  resolve(root, defined);
  const blocks: Block[] = [];
  for (const node of root.children ?? []) addBlocks(node, { blocks, quoted: false, top: true });
  return blocks;
}

/** Links and pictures by reference lead where the definition leads, which may come later: the first pass finds it. */
function resolve(node: MdNode, defined: Map<string, string>): void {
  const { identifier, url } = node;
  if (identifier !== undefined && url !== undefined && !defined.has(identifier)) defined.set(identifier, url);
  else if (identifier !== undefined && defined.has(identifier)) node.url = defined.get(identifier) ?? '';
  for (const child of node.children ?? []) resolve(child, defined);
}

/** A paragraph of this length is not written for people; tables may be longer. */
const MAX_PARAGRAPH = 20_000;
const MAX_TABLE = 200_000;

/** Nested markers and runs of them cost a Markdown parser quadratic time. */
function refuseBombs(markdown: string): void {
  const nested = new RegExp(`^(?:[ \\t]*(?:>|[-*+](?=\\s)|\\d{1,9}[.)](?=\\s))){${MAX_NESTING}}`, 'mu');
  if (nested.test(markdown) || /[*_]{200}|\[{200}/u.test(markdown)) throw new Error('it is nested too deeply');
  let length = 0;
  for (const line of markdown.split('\n')) {
    length = line.trim() === '' ? 0 : length + line.length;
    if (length > (line.startsWith('|') ? MAX_TABLE : MAX_PARAGRAPH)) {
      throw new Error(`it has more than ${MAX_PARAGRAPH} characters without a blank line`);
    }
  }
}

/** Nobody reads a longer line; what is shown in code may have such lines. */
export const MAX_LINE = 4_000;

/** Rules that read a line may take longer for each character of it. */
function refuseLongLines(markdown: string, code: ReadonlySet<number>): void {
  for (const [index, line] of markdown.split('\n').entries()) {
    if (line.length > MAX_LINE && !code.has(index + 1))
      throw new Error(`line ${index + 1} is longer than ${MAX_LINE} characters`);
  }
}

function codeLines(node: MdNode): Set<number> {
  const lines = new Set<number>();
  const add = ({ type, position, children = [] }: MdNode): void => {
    if (type === 'code' && position)
      for (let line = position.start.line; line <= position.end.line; line += 1) lines.add(line);
    for (const child of children) add(child);
  };
  add(node);
  return lines;
}

interface Walk {
  blocks: Block[];
  quoted: boolean;
  top: boolean;
}

function addBlocks(node: MdNode, walk: Walk): void {
  const line = node.position?.start.line ?? 0;
  switch (node.type) {
    case 'heading':
      if (walk.top)
        walk.blocks.push({ kind: 'heading', depth: node.depth ?? 1, text: plainText(node), line, ...asides(node) });
      else walk.blocks.push(textBlock(node, walk.quoted));
      return;
    case 'paragraph':
      walk.blocks.push(textBlock(node, walk.quoted));
      return;
    case 'code':
      walk.blocks.push({ kind: 'code', lang: (node.lang ?? '').toLowerCase(), value: node.value ?? '', line });
      return;
    case 'table':
      walk.blocks.push(tableBlock(node));
      return;
    case 'definition':
      walk.blocks.push({ ...textBlock({ type: 'paragraph', children: [node] }, walk.quoted), line });
      return;
    case 'html':
      walk.blocks.push(htmlBlock(node, walk.quoted));
      return;
    default:
      for (const child of node.children ?? []) {
        addBlocks(child, { blocks: walk.blocks, quoted: walk.quoted || node.type === 'blockquote', top: false });
      }
  }
}

function textBlock(node: MdNode, quoted: boolean): TextBlock {
  const first = node.children?.[0];
  const lead =
    first?.type === 'strong'
      ? plainText(first)
          .replace(/\s*[:.]\s*$/u, '')
          .trim()
      : null;
  const line = node.position?.start.line ?? 0;
  return { kind: 'text', lead, lines: proseLines(node), line, quoted, ...asides(node) };
}

function asides(node: MdNode): Asides {
  const found: Required<Asides> = { hidden: [], urls: [], pictures: [], html: [] };
  const visit = (child: MdNode): void => {
    const line = child.position?.start.line ?? node.position?.start.line ?? 0;
    const add = (list: Prose[], text: string | null | undefined) => text && list.push({ text, codes: [], line });
    for (const text of [child.alt, child.title]) add(found.hidden, text);
    if (child.type === 'html') {
      add(found.hidden, unseen(child.value ?? ''));
      add(found.html, child.value);
    }
    add(/^image/u.test(child.type) ? found.pictures : found.urls, child.url);
    for (const inner of child.children ?? []) visit(inner);
  };
  for (const child of node.children ?? []) visit(child);
  return Object.fromEntries(Object.entries(found).filter(([, list]) => list.length > 0));
}

/** Comments and the values of attributes. */
function unseen(html: string): string {
  const comments = [...html.matchAll(/<!--([\s\S]*?)(?:-->|$)/gu)].map(([, text = '']) => text);
  const attributes = [...html.matchAll(/\b(?:title|alt|aria-label|summary)\s*=\s*(?:"([^"]*)"|'([^']*)')/giu)].map(
    ([, double, single]) => double ?? single ?? '',
  );
  return [...comments, ...attributes].join(' ').trim();
}

/** Readers of the rendered page see the text between the tags. */
function htmlBlock(node: MdNode, quoted: boolean): TextBlock {
  const start = node.position?.start.line ?? 0;
  const visible = (node.value ?? '').replace(/<!--[\s\S]*?(?:-->|$)|<[^>]*>/gu, (tag) => tag.replace(/[^\n]/gu, ''));
  const lines = visible.split('\n').map((text, offset) => ({ text, codes: [], line: start + offset }));
  const aside = unseen(node.value ?? '').replace(/\s+/gu, ' ');
  const at = (text: string) => [{ text, codes: [], line: start }];
  return {
    kind: 'text',
    lead: null,
    lines: lines.filter((line) => line.text.trim() !== ''),
    line: start,
    quoted,
    html: at(node.value ?? ''),
    ...(aside !== '' && { hidden: at(aside) }),
  };
}

function tableBlock(node: MdNode): TableBlock {
  const [head, ...rows] = node.children ?? [];
  return {
    kind: 'table',
    header: (head?.children ?? []).map(plainText),
    rows: rows.map((row) => ({
      line: row.position?.start.line ?? 0,
      cells: (row.children ?? []).map(
        (cell) => proseLines(cell)[0] ?? { text: '', codes: [], line: row.position?.start.line ?? 0 },
      ),
    })),
    line: node.position?.start.line ?? 0,
    ...asides(node),
  };
}

/** The text of a paragraph or cell, line by line. */
function proseLines(node: MdNode): Prose[] {
  const start = node.position?.start.line ?? 0;
  const lines: Prose[] = [{ text: '', codes: [], line: start }];
  const add = (child: MdNode): void => {
    let current = lines.at(-1) ?? { text: '', codes: [], line: start };
    if (child.type === 'inlineCode') {
      current.text += CODE_MARK;
      current.codes.push(child.value ?? '');
    } else if (child.type === 'text') {
      const [head = '', ...rest] = (child.value ?? '').split('\n');
      current.text += head;
      for (const [offset, text] of rest.entries()) {
        current = { text, codes: [], line: (child.position?.start.line ?? start) + offset + 1 };
        lines.push(current);
      }
    } else if (child.type === 'break') {
      lines.push({ text: '', codes: [], line: (child.position?.start.line ?? start) + 1 });
    } else {
      if (child.type === 'emphasis') current.stressed = [...(current.stressed ?? []), plainText(child)];
      for (const inner of child.children ?? []) add(inner);
    }
  };
  for (const child of node.children ?? []) add(child);
  return lines.filter((line) => line.text.trim() !== '');
}

/** The text of a node with its code spans, on one line. */
function plainText(node: MdNode): string {
  if (node.type === 'text' || node.type === 'inlineCode') return node.value ?? '';
  if (node.type === 'break') return ' ';
  return (node.children ?? []).map(plainText).join('').replace(/\s+/gu, ' ').trim();
}
