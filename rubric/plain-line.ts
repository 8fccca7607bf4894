import type { Ground } from './claim.ts';
import { noteKey } from './known-texts.ts';
import { CODE_MARK, type Prose } from './markdown.ts';
import type { Scope } from './structure.ts';

/** A code span that is nothing but a figure claims it as text does. */
const FIGURE = /^\s*-?[$€£]?\s?\d[\d,.' ]*\s?(?:%|USD|s|ms|k|M)?\s*$/u;
/** Shorter notes may stand in a line by chance. */
const LONG_NOTE = 20;
const CODE_SPAN = /`([^`]*)`/gu;

/**
 * A line as its figures are read: in one form, without what a tool wrote to the letter (that is computed, not claimed), and without the digits
 * of names. In the follow-up on earlier analyses their titles are repeated and claim nothing.
 */
export function plainLine(prose: Prose, scope: Scope, ground: Ground): Prose {
  const { names, notes, hearsay } = ground.known.texts;
  const codes = [...prose.codes];
  const marked = prose.text.replace(/\uFFFC/gu, () => {
    const code = codes.shift() ?? '';
    return FIGURE.test(code) ? code : `\`${code.replaceAll('`', 'ʼ')}\``;
  });
  if (!/\p{Nd}|\p{No}|[a-z]/iu.test(marked)) return prose;
  let text = noteKey(marked);
  for (const note of notes) {
    if (note.length < LONG_NOTE) {
      if (text === note) text = '';
    } else if (text.includes(note)) text = text.replaceAll(note, ' ');
  }
  if (scope.section === 'Recommendations' && scope.priority === null) {
    for (const title of hearsay) if (title.length > 2 && text.includes(title)) text = text.replaceAll(title, ' ');
  }
  return unmarked(text, names, prose.line);
}

/** What begins a line that says something of its own, though none is left blank above it. */
const LABEL = /^[^\p{L}\p{N}\uFFFC]*\p{L}[\p{L} ]*:/u;

/** A paragraph as lines that are wrapped nowhere: what belongs together is read together. */
export function unwrapped(lines: readonly Prose[]): Prose[] {
  const whole: Prose[] = [];
  for (const line of lines) {
    const before = whole.at(-1);
    if (!before || LABEL.test(line.text)) whole.push({ ...line });
    else {
      before.text = `${before.text.trimEnd()} ${line.text.trimStart()}`;
      before.codes = [...before.codes, ...line.codes];
    }
  }
  return whole;
}

function unmarked(marked: string, names: readonly string[], line: number): Prose {
  const codes: string[] = [];
  let text = marked.replace(CODE_SPAN, (_, code: string) => {
    codes.push(code);
    return CODE_MARK;
  });
  if (/\d/u.test(text)) for (const name of names) if (text.includes(name)) text = text.replaceAll(name, 'name');
  return { text, codes, line };
}
