import { withoutUnseen } from '../../lib/unseen.ts';
import { plainKey, rowKey, textKey } from './plain.ts';

/** A report's text as lines with the place where each stands. */

export type LineKind = 'heading' | 'text' | 'code' | 'head' | 'row';

export interface Line {
  kind: LineKind;
  /** As written, without white space around it, and with single spaces inside. */
  text: string;
  /** The same for every way of writing it down; code stays as it is. */
  key: string;
  /** From 1. */
  line: number;
  /** Section, heading and part, as one key: `Recommendations / 3 / Evidence`. */
  place: string;
  /** Of a table's row: the key of the table's head. */
  head: string;
  /** Language of the code block that it stands in. */
  lang: string;
}

const HEADING = /^(#{1,6})\s+(.*)$/u;
/** Ends a heading that is closed. */
const CLOSING = /(?:^|\s)#+$/u;
/** A line below a title that makes it a heading. */
const UNDERLINE = /^ {0,3}(=+|-+)\s*$/u;
const ITEM = /^(?:[-*+]|\d{1,9}[.)])\s/u;
/** Opens a block of its own, or is part of a quotation or a table. */
const NO_TITLE = /^(?:[>|]|$)/u;
const FENCE = /^\s{0,3}(`{3,}|~{3,})\s*([\w-]*)/u;
/** The line below a table's head holds nothing else, and three dashes in a row. */
const RULE = /^[|:\s-]+$/u;
const PRIORITY = /^(?:priority|recommendation)\s+(\d{1,3})\b/iu;

/**
 * The lines that say something, in order; a paragraph is one line, however it is wrapped. Blank lines, fences and the rules of tables are
 * left out.
 */
export function linesOf(text: string): Line[] {
  const reader = new Reader();
  const rows = text.split('\n');
  return unwrapped(rows.flatMap((raw, index) => reader.read(raw, index + 1, rows[index + 1])));
}

function unwrapped(lines: readonly Line[]): Line[] {
  const joined: Line[] = [];
  let end = 0;
  for (const line of lines) {
    const before = joined.at(-1);
    if (before && line.line === end + 1 && goesOn(before, line)) {
      before.text += ` ${line.text.replace(/^> ?/u, '')}`;
    } else joined.push({ ...line });
    end = line.line;
  }
  return joined.map((line) => (line.kind === 'text' ? { ...line, key: textKey(line.text) } : line));
}

function goesOn(before: Line, { kind, text }: Line): boolean {
  if (kind !== 'text' || before.kind !== 'text' || ITEM.test(text)) return false;
  return !text.startsWith('>') || before.text.startsWith('>');
}

class Reader {
  #path: string[] = [];
  #fence: { mark: string; lang: string } | undefined;
  #head = '';
  #isUnderline = false;

  read(raw: string, line: number, next = ''): Line[] {
    if (this.#isUnderline) {
      this.#isUnderline = false;
      return [];
    }
    const fence = FENCE.exec(raw);
    if (this.#fence) {
      if (fence?.[1]?.startsWith(this.#fence.mark) && fence[2] === '') {
        this.#fence = undefined;
        return [];
      }
      return this.#line('code', raw, line);
    }
    if (fence) {
      this.#fence = { mark: fence[1] ?? '', lang: (fence[2] ?? '').toLowerCase() };
      return [];
    }
    const [, marks, title = ''] = HEADING.exec(raw.trimEnd()) ?? this.#underlined(raw, next);
    if (marks !== undefined) return this.#heading(marks, title, raw, line);
    if (!raw.trimStart().startsWith('|')) {
      this.#head = '';
      return this.#line('text', raw, line);
    }
    if (RULE.test(raw) && raw.includes('---')) return [];
    const isHead = this.#head === '';
    if (isHead) this.#head = rowKey(squeezed(raw));
    return this.#line(isHead ? 'head' : 'row', raw, line);
  }

  /** A title with a line of `=` or `-` below it, as the parts of a heading with `#`. */
  #underlined(raw: string, next: string): string[] {
    const [, rule] = UNDERLINE.exec(next) ?? [];
    const title = raw.trim();
    if (rule === undefined || NO_TITLE.test(title) || ITEM.test(title)) return [];
    this.#isUnderline = true;
    return [raw, rule.startsWith('=') ? '#' : '##', title];
  }

  /** A heading belongs to what is above it, what follows belongs to the heading. */
  #heading(marks: string, title: string, raw: string, line: number): Line[] {
    const depth = marks.length;
    this.#path = this.#path.slice(0, Math.max(0, depth - 1));
    while (this.#path.length < depth - 1) this.#path.push('');
    const key = plainKey(squeezed(title).replace(CLOSING, ''));
    const own = this.#line('heading', raw, line, `${marks} ${key}`);
    this.#path.push(PRIORITY.exec(title)?.[1] ?? key.replaceAll('`', ''));
    this.#head = '';
    return own;
  }

  #line(kind: LineKind, raw: string, line: number, key?: string): Line[] {
    const text = squeezed(raw);
    if (text === '') return [];
    const { lang = '' } = this.#fence ?? {};
    const place = this.#path.slice(1).join(' / ');
    return [{ kind, text, key: key ?? keyOf(kind, text), line, place, head: this.#head, lang }];
  }
}

function keyOf(kind: LineKind, text: string): string {
  if (kind === 'code') return text;
  return kind === 'text' ? textKey(text) : rowKey(text);
}

function squeezed(text: string): string {
  return withoutUnseen(text.normalize('NFKC')).replace(/\s+/gu, ' ').trim();
}
