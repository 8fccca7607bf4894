import type { Element, ElementContent, Root, RootContent } from 'hast';
import { toString as textOf } from 'mdast-util-to-string';
import { SKIP, visit } from 'unist-util-visit';
import { type Figure, figurePath } from './figures.ts';
import { highlightPython } from './highlight.ts';

/** Work on the sanitised tree. What is added here is ours; what was there passed the sanitiser. */

export interface Heading {
  id: string;
  text: string;
  children: Heading[];
}

/** Ids that the page itself uses. */
const RESERVED = ['main', 'contents', 'top'];

/** Takes the first `#` heading out of the tree: it becomes the page's heading. */
export function takeTitle(tree: Root): string | undefined {
  const at = tree.children.findIndex((node) => node.type === 'element' && node.tagName === 'h1');
  const [title] = at < 0 ? [] : tree.children.splice(at, 1);
  return title === undefined ? undefined : textOf(title).trim() || undefined;
}

/** Gives every heading an id and collects h2 and h3 for the table of contents. @param prefix of ids, where a page shows several texts */
export function nameHeadings(tree: Root, prefix = ''): Heading[] {
  const used = new Set(RESERVED);
  const contents: Heading[] = [];
  visit(tree, 'element', (node) => {
    if (!/^h[1-6]$/u.test(node.tagName)) return;
    const text = textOf(node).trim();
    const id = `${prefix}${uniqueSlug(text, used)}`;
    node.properties = { id };
    if (node.tagName === 'h2') contents.push({ id, text, children: [] });
    if (node.tagName === 'h3') contents.at(-1)?.children.push({ id, text, children: [] });
  });
  return contents;
}

const SLUG_LENGTH = 60;

function uniqueSlug(text: string, used: Set<string>): string {
  const words = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, SLUG_LENGTH);
  const base = words.replace(/^-+|-+$/gu, '') || 'section';
  let slug = base;
  for (let n = 2; used.has(slug); n += 1) slug = `${base}-${n}`;
  used.add(slug);
  return slug;
}

/**
 * Images: figures of the results dir become data URIs, another file becomes a link with its alternative text, anything else that text. A figure that stands
 * alone in its paragraph becomes a `<figure>`.
 * @returns the paths that were shown
 */
export function inlineFigures(tree: Root, load: (path: string) => Figure | undefined): Set<string> {
  const shown = new Set<string>();
  visit(tree, 'element', (node, index, parent) => {
    if (node.tagName !== 'img' || !parent || index === undefined) return;
    const path = figurePath(String(node.properties.src ?? ''));
    const figure = path === undefined ? undefined : load(path);
    const alt = String(node.properties.alt ?? '');
    if (figure) shown.add(figure.path);
    const isLinked = parent.type === 'element' && parent.tagName === 'a';
    const file = isLinked ? undefined : localFile(String(node.properties.src ?? ''));
    parent.children[index] = figure ? image(figure, alt) : missingImage(alt, file);
    return SKIP;
  });
  visit(tree, 'element', (node, index, parent) => {
    const [only, ...more] = node.tagName === 'p' ? node.children.filter((child) => !isBlank(child)) : [];
    if (only?.type !== 'element' || only.tagName !== 'img' || more.length > 0 || !parent || index === undefined) return;
    parent.children[index] = figureElement(only);
  });
  return shown;
}

/** Figures that the text does not show, for the end of the page. */
export function figureElements(figures: { figure: Figure; alt: string }[]): Element[] {
  return figures.map(({ figure, alt }) => figureElement(image(figure, alt)));
}

function figureElement(child: Element): Element {
  return element('figure', { tabIndex: 0 }, [child]);
}

function image({ src, width, height }: Figure, alt: string): Element {
  return element('img', { src, alt, ...(width && height ? { width, height } : {}) }, []);
}

function missingImage(alt: string, file: string | undefined): Element {
  const text = { type: 'text', value: `[image${alt ? `: ${alt}` : ''}]` } as const;
  return element('em', {}, [file === undefined ? text : element('a', { href: file }, [text])]);
}

/** The path of a file in the results dir (`./data/x.json` too), or undefined for anything else. */
function localFile(href: string): string | undefined {
  return /^(?:\.\/)?([\w-][\w.-]*(?:\/[\w-][\w.-]*)*)$/u.exec(href)?.[1];
}

/**
 * Links: other sites get `rel`; paths that leave the folder lose their address.
 * @param place of a file of the folder, where it is not beside the page; undefined for one that is not there
 */
export function tameLinks(tree: Root, place: (file: string) => string | undefined = (file) => file): void {
  visit(tree, 'element', (node) => {
    if (node.tagName !== 'a') return;
    const href = String(node.properties.href ?? '');
    if (/^(https?:|mailto:)/iu.test(href)) node.properties.rel = ['noopener', 'noreferrer', 'nofollow'];
    else if (!href.startsWith('#')) {
      const file = localFile(href);
      const found = file === undefined ? undefined : place(file);
      if (found === undefined) delete node.properties.href;
      else node.properties.href = found;
    }
  });
}

/** Wraps tables so that they scroll on narrow screens, and marks the cells of numeric columns. */
export function shapeTables(tree: Root): void {
  let heading = '';
  visit(tree, 'element', (node, index, parent) => {
    if (/^h[1-6]$/u.test(node.tagName)) heading = textOf(node);
    if (node.tagName !== 'table' || !parent || index === undefined) return;
    markNumericColumns(node);
    const label = heading ? `Table: ${heading}` : 'Table';
    parent.children[index] = element('div', { className: ['table'], role: 'group', ariaLabel: label, tabIndex: 0 }, [
      node,
    ]);
    return SKIP;
  });
}

const NUMERIC = /^[-+−]?\$?\d[\d,]*(\.\d+)?\s?(%|s|ms|×|x|days?|tokens)?$/u;
const NEUTRAL = /^(n\/a|none claimed|none|-|–)?$/u;

function markNumericColumns(table: Element): void {
  const rows = elements(table, 'tr');
  const body = rows.filter((row) => row.children.some((cell) => cell.type === 'element' && cell.tagName === 'td'));
  const columns = rows.map(cells);
  for (let column = 0; column < Math.max(0, ...columns.map((row) => row.length)); column += 1) {
    const texts = body.map((row) => textOf(cells(row)[column] ?? '').trim());
    const numeric =
      texts.some((text) => NUMERIC.test(text)) && texts.every((text) => NUMERIC.test(text) || NEUTRAL.test(text));
    for (const row of columns) {
      const cell = row[column];
      if (cell && (numeric || cell.properties.align === 'right')) cell.properties = { className: ['number'] };
    }
  }
}

function elements(root: Element, tagName: string): Element[] {
  const found: Element[] = [];
  visit(root, 'element', (node) => {
    if (node.tagName === tagName) found.push(node);
  });
  return found;
}

function cells(row: Element): Element[] {
  return row.children.filter((cell): cell is Element => cell.type === 'element' && /^t[dh]$/u.test(cell.tagName));
}

/** Languages whose long lines wrap, with the class of their block. */
const WRAPPED: Record<string, string> = { text: 'excerpt', sql: 'query' };

/** Code: Python is coloured, a before/after pair is marked as such, text excerpts wrap, the rest scrolls. */
export function shapeCode(tree: Root): void {
  visit(tree, 'element', (node) => {
    if (node.tagName !== 'pre') return;
    const code = node.children.find((child): child is Element => child.type === 'element' && child.tagName === 'code');
    const language = /^language-(\w+)$/u.exec(String([code?.properties.className].flat()[0] ?? ''))?.[1] ?? 'text';
    node.properties = WRAPPED[language] ? { className: [WRAPPED[language]] } : { tabIndex: 0 };
    if (code) code.properties = {};
    if (!code || language !== 'python') return SKIP;
    const source = textOf(code);
    const [, side] = /^\s*# (Before|After)\b/u.exec(source) ?? [];
    if (side) node.properties = { ...node.properties, className: [side.toLowerCase()] };
    code.children = highlightPython(source);
    return SKIP;
  });
}

/** Puts each `### Priority N: title` with what follows it into a card of its own. */
export function groupPriorities(tree: Root): void {
  const grouped: RootContent[] = [];
  let card: Element | undefined;
  for (const node of tree.children) {
    if (node.type === 'element' && /^h[123]$/u.test(node.tagName)) {
      card = node.tagName === 'h3' ? priorityCard(node) : undefined;
      grouped.push(card ?? node);
    } else if (card && node.type !== 'doctype') card.children.push(node);
    else grouped.push(node);
  }
  tree.children = grouped;
}

function priorityCard(heading: Element): Element | undefined {
  const [first] = heading.children;
  const [whole, label] = first?.type === 'text' ? (/^(Priority \d+):\s*/u.exec(first.value) ?? []) : [];
  if (first?.type !== 'text' || whole === undefined || label === undefined) return undefined;
  first.value = first.value.slice(whole.length);
  heading.children.unshift(element('span', { className: ['priority'] }, [{ type: 'text', value: label }]), {
    type: 'text',
    value: ' ',
  });
  return element('section', { className: ['recommendation'], ariaLabelledBy: [String(heading.properties.id)] }, [
    heading,
  ]);
}

const BLOCKS = /^(?:p|li|h[1-6]|pre|blockquote|tr)$/u;

/** Gives lines of the source an anchor `L12` in the innermost block that begins there, or in the paragraph or code that goes on there. */
export function nameLines(tree: Root): void {
  const blocks = new Map<number, Element>();
  visit(tree, 'element', (node) => {
    const { start, end } = node.position ?? {};
    if (!BLOCKS.test(node.tagName) || !start || !end) return;
    const last = node.tagName === 'pre' || node.tagName === 'p' ? end.line : start.line;
    for (let line = start.line; line <= last; line += 1) blocks.set(line, node);
  });
  for (const [line, block] of blocks) {
    const inside = block.tagName === 'tr' ? (cells(block)[0] ?? block) : block;
    inside.children.push(element('span', { id: `L${line}`, className: ['at'] }, []));
  }
}

function isBlank(node: ElementContent): boolean {
  return node.type === 'text' && node.value.trim() === '';
}

function element(tagName: string, properties: Element['properties'], children: ElementContent[]): Element {
  return { type: 'element', tagName, properties, children };
}
