import { withoutUnseen } from '../../lib/unseen.ts';

/** A report's text as lines with the place where each stands. */

export type LineKind = 'heading' | 'text' | 'code' | 'head' | 'row';

export interface Line {
  kind: LineKind;
  /** Without white space around it, and with single spaces inside. */
  text: string;
  /** From 1. */
  line: number;
  /** Section, heading and part, as one key: `Recommendations / 3 / Evidence`. */
  place: string;
  /** Of a table's row: the text of the table's head. */
  head: string;
  /** Language of the code block that it stands in. */
  lang: string;
}

const HEADING = /^(#{1,6})\s+(.*)$/u;
const FENCE = /^\s{0,3}(`{3,}|~{3,})\s*([\w-]*)/u;
/** The line below a table's head holds nothing else, and three dashes in a row. */
const RULE = /^[|:\s-]+$/u;
const PRIORITY = /^(?:priority|recommendation)\s+(\d{1,3})\b/iu;

/** The lines that say something, in order. Blank lines, fences and the rules of tables are left out. */
export function linesOf(text: string): Line[] {
  const reader = new Reader();
  return text.split('\n').flatMap((raw, index) => reader.read(raw, index + 1));
}

class Reader {
  #path: string[] = [];
  #fence: { mark: string; lang: string } | undefined;
  #head = '';

  read(raw: string, line: number): Line[] {
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
    const heading = HEADING.exec(raw);
    if (heading) return this.#heading(heading, raw, line);
    if (!raw.trimStart().startsWith('|')) {
      this.#head = '';
      return this.#line('text', raw, line);
    }
    if (RULE.test(raw) && raw.includes('---')) return [];
    const isHead = this.#head === '';
    if (isHead) this.#head = squeezed(raw);
    return this.#line(isHead ? 'head' : 'row', raw, line);
  }

  /** A heading belongs to what is above it, what follows belongs to the heading. */
  #heading([, marks = '', title = '']: RegExpExecArray, raw: string, line: number): Line[] {
    const depth = marks.length;
    this.#path = this.#path.slice(0, Math.max(0, depth - 1));
    while (this.#path.length < depth - 1) this.#path.push('');
    const own = this.#line('heading', raw, line);
    this.#path.push(PRIORITY.exec(title)?.[1] ?? squeezed(title));
    this.#head = '';
    return own;
  }

  #line(kind: LineKind, raw: string, line: number): Line[] {
    const text = squeezed(raw);
    if (text === '') return [];
    const { lang = '' } = this.#fence ?? {};
    return [{ kind, text, line, place: this.#path.slice(1).join(' / '), head: this.#head, lang }];
  }
}

function squeezed(text: string): string {
  return withoutUnseen(text.normalize('NFKC')).replace(/\s+/gu, ' ').trim();
}

/** The cells of a table's row. */
export function cellsOf(row: string): string[] {
  const inner = row.replace(/^\|/u, '').replace(/(?<!\\)\|$/u, '');
  return inner.split(/(?<!\\)\|/u).map((cell) => cell.trim());
}
