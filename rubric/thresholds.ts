import type { Block } from './markdown.ts';
import { fullText } from './structure.ts';

export interface Thresholds {
  average: number;
  each: number;
  rounds: number;
}

const DEFAULTS: Thresholds = { average: 4, each: 3, rounds: 3 };

/** A mean of whole scores that is above a number is above it by far more than this. */
const ABOVE = 1e-6;

const ROUNDS =
  /(?:at most|up to|max(?:imum)?(?: of)?)\s*(\d+)\s*(?:rounds|iterations)|(\d+)\s*(?:rounds|iterations)\b/iu;
const PASSES = /\bpass(?:es|ed|ing)?\b/iu;
const OPENS = /^\W*pass(?:es|ing)?\b/iu;
const SCORED = /\b(?:average|mean|overall|scores?|mark|threshold|criteri(?:on|a)|dimensions?|points?)\b/iu;
const ABOUT_GRADES = /rubric|\bpass|threshold|grading|evaluat|criteri(?:on|a)/iu;

const OF_AVERAGE = '(?:average|mean|overall|total|weighted)';
const OF_EACH = '(?:each|every|none|no|any|all|single|individual|per|criteri(?:on|a)|dimensions?)';
const AVERAGE = new RegExp(String.raw`\b(${OF_AVERAGE})\b`, 'iu');
const SUBJECT = new RegExp(String.raw`\b(?:(${OF_AVERAGE})|${OF_EACH})\b`, 'iu');
const FOLLOWS = new RegExp(
  String.raw`^\s*(?:points?\s+)?(?:(?:on|in|for|from|across|as|the|an?)\s+)*(?:(${OF_AVERAGE})|${OF_EACH})\b`,
  'iu',
);
const OVER = '>(?!=)|(?<!not )(?:above|over|exceed(?:s|ing)?|(?:more|higher|greater) than)';
const FROM = '≥|>=|=>|at least|minimum(?: of)?|below|under|(?:less|lower|worse) than|<(?!=)';
const BOUND = new RegExp(
  String.raw`(?:(${OVER})|(${FROM}))?\s*(?<![\w.,])(\d+(?:[.,]\d+)?\s*%?)(?!\w|[.,]\d)(\s*(?:\+|(?:or|and) (?:higher|more|above|better|greater|over|up)\b))?`,
  'giu',
);
/** What stands before a number that is a bound by itself: `the average is 4`. */
const STATED = /(?:\b(?:of|is|be|score|average|mean|overall)|[:=])\s*$/iu;
const IN_WORDS = /(?<=\b(?:below|under|least|than|above|over)\s)(?:one|two|three|four|five)\b/giu;
const WORDS = ['zero', 'one', 'two', 'three', 'four', 'five'];
/** Numbers that bound no score: the scale, rounds, steps, and how many criteria there are. */
const NO_BOUNDS = [
  /(?<=\d)\s*(?:\/|(?:out )?of)\s*5(?:\.0)?\b/giu,
  /\b1\s*(?:-|–|to)\s*5\b|\b5[- ]points?\b/giu,
  /(?:(?:at most|up to|max(?:imum)?(?: of)?)\s*)?\d+\s*(?:rounds?|iterations?|attempts?|tries|criteria|dimensions)\b/giu,
  /\b(?:step|round|section|priority|criterion)\s+#?\d+|#\d+|^\s*\d+[.)]\s/giu,
];

/**
 * What the text of a rubric says a report needs to pass: an average, a least score of each criterion, and rounds of mending; what it does not
 * say is as in the rubric that ships.
 * @throws Error with the line, where a sentence about passing has a number that is no bound, or two sentences differ
 */
export function thresholdsOf(blocks: readonly Block[]): Thresholds {
  const found: Partial<Thresholds> = {};
  for (const sentence of sentencesOf(blocks)) {
    for (const { of, value } of boundsIn(sentence)) {
      if (found[of] !== undefined && found[of] !== value)
        throw new Error(`line ${sentence.line}: two values for ${of}: ${found[of]} and ${value}`);
      found[of] = value;
    }
  }
  const text = blocks.map((block) => linesOf(block).map(fullText).join('\n')).join('\n');
  const rounds = ROUNDS.exec(text);
  if (rounds) found.rounds = Math.min(10, Math.max(1, Number(rounds[1] ?? rounds[2])));
  return { ...DEFAULTS, ...found };
}

interface Sentence {
  text: string;
  line: number;
  /** It says what passes, so that each of its numbers must be understood. */
  passing: boolean;
}

/** The sentences of every section that speaks of grades: by its heading, by the rubric's table, or by a sentence about passing. */
function sentencesOf(blocks: readonly Block[]): Sentence[] {
  const sections: Block[][] = [[]];
  for (const block of blocks) {
    if (block.kind === 'heading') sections.push([]);
    sections.at(-1)?.push(block);
  }
  return sections.flatMap((section) => {
    const sentences = section.flatMap(split);
    if (!isAboutGrades(section)) return sentences.some(({ passing }) => passing) ? sentences : [];
    return sentences.map((one) => ({ ...one, passing: one.passing || OPENS.test(one.text) }));
  });
}

function isAboutGrades(section: readonly Block[]): boolean {
  return section.some(
    (block) =>
      (block.kind === 'heading' && ABOUT_GRADES.test(block.text)) ||
      (block.kind === 'table' && block.header.some((text) => ABOUT_GRADES.test(text))),
  );
}

function linesOf(block: Block) {
  if (block.kind === 'heading') return [{ text: block.text, codes: [], line: block.line }];
  return block.kind === 'text' ? block.lines : [];
}

function split(block: Block): Sentence[] {
  const lines = linesOf(block);
  const whole = lines.map(fullText).join('\n');
  return [...whole.matchAll(/(?:[^.!?]|[.!?](?!\s|$))+/gu)].map(({ 0: text, index }) => {
    const start = index + text.search(/\S|$/u);
    const line = lines[(whole.slice(0, start).match(/\n/gu) ?? []).length]?.line ?? block.line;
    return { text: plain(text), line, passing: PASSES.test(text) && SCORED.test(text) };
  });
}

function plain(text: string): string {
  const digits = text.replace(/\s+/gu, ' ').replace(IN_WORDS, (word) => String(WORDS.indexOf(word.toLowerCase())));
  return NO_BOUNDS.reduce((rest, pattern) => rest.replace(pattern, (none) => ' '.repeat(none.length)), digits);
}

interface Bound {
  of: 'average' | 'each';
  value: number;
}

function boundsIn({ text, line, passing }: Sentence): Bound[] {
  const bounds: Bound[] = [];
  let read = 0;
  for (const match of text.matchAll(BOUND)) {
    const end = match.index + match[0].length;
    const before = text.slice(read, match.index);
    const after = subjectOf(before) ? null : FOLLOWS.exec(text.slice(end));
    const stated = passing && (after !== null || STATED.test(before));
    const bound = boundOf(match, subjectOf(before) ?? after, stated);
    if (bound) bounds.push(bound);
    else if (passing)
      throw new Error(
        `line ${line}: it is not clear what ${JSON.stringify(match[0].trim())} asks of a report that passes`,
      );
    read = end + (after?.[0].length ?? 0);
  }
  return bounds;
}

/** What a sentence speaks of; an average of all criteria is an average. */
function subjectOf(before: string): RegExpExecArray | null {
  return AVERAGE.exec(before) ?? SUBJECT.exec(before);
}

function boundOf(
  [, over, from, digits = '', up]: RegExpExecArray,
  subject: RegExpExecArray | null,
  stated: boolean,
): Bound | undefined {
  if (!subject || !(over || from || up || stated)) return undefined;
  const value = Number(digits.replace(',', '.'));
  if (!(value >= 1 && value <= 5)) return undefined;
  if (subject[1]) return { of: 'average', value: over ? value + ABOVE : value };
  // Scores are whole.
  return { of: 'each', value: over ? Math.floor(value) + 1 : Math.ceil(value) };
}
