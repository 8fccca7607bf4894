import { withoutUnseen } from '../lib/unseen.ts';
import type { Ground } from './claim.ts';
import { CODE_MARK, type Prose } from './markdown.ts';
import { type Names, namesOf, tokenIn, tokenOf } from './names.ts';
import { inDigits } from './ratios.ts';
import type { Scope } from './structure.ts';
import { passageOperation } from './subjects.ts';

/** A clause in one form: lower case, names as `@o3@` (operation), `@m1@` (model) and `@r2@` (priority), hedges left out. */
export interface Clause {
  text: string;
  /** What stands before it in its sentence. */
  before: string;
  line: number;
  scope: Scope;
  /** The operation that its recommendation is about. */
  operation: string | null;
}

/** The clauses of a paragraph, whose sentences may run over several lines. */
export function clausesOf(lines: readonly Prose[], scope: Scope, ground: Ground): Clause[] {
  const names = namesOf(ground.artifacts);
  const operation = passageOperation(scope, ground);
  const own = operation === null ? undefined : tokenIn(operation, names);
  const clauses: Clause[] = [];
  for (const { text, line } of sentencesOf(lines, (prose) => tokens(prose, names, ground))) {
    let before = '';
    for (const part of text.split(/[:;]\s|\s[–—-]\s/u)) {
      const plain = plainClause(part, own, itsSubject(clauses.at(-1)?.text));
      if (plain !== '') clauses.push({ text: plain, before, line, scope, operation });
      before = `${before} ${plain}`;
    }
  }
  return clauses;
}

interface Sentence {
  text: string;
  line: number;
}

const SENTENCE_END = /(?<=[.!?]["”’)]?)\s+(?=\S)/u;

function sentencesOf(lines: readonly Prose[], read: (prose: Prose) => string): Sentence[] {
  const sentences: Sentence[] = [];
  let open = false;
  for (const prose of lines) {
    const parts = read(prose).split(SENTENCE_END);
    for (const [at, text] of parts.entries()) {
      const last = sentences.at(-1);
      if (at === 0 && open && last) last.text += ` ${text}`;
      else sentences.push({ text, line: prose.line });
    }
    open = !/[.!?:]["”’)]?\s*$/u.test(parts.at(-1) ?? '');
  }
  return sentences;
}

/** A line with tokens for names; other code stands for nothing that is read here. */
function tokens({ text, codes }: Prose, names: Names, ground: Ground): string {
  const rest = [...codes];
  const plain = withoutUnseen(text.normalize('NFKC')).replace(/\\([_*`-])/gu, '$1');
  const marked = plain.replaceAll(CODE_MARK, () => {
    const code = rest.shift() ?? '';
    return tokenOf(code, names, ground) ?? (/^[\d.,$%]+$/u.test(code) ? code : '@x@');
  });
  const named = names.plain ? marked.replace(names.plain, (name) => names.byKey.get(name) ?? name) : marked;
  return named.replace(/\b(?:priority|recommendation) (\d{1,3})\b/giu, '@r$1@');
}

const HEDGES =
  /(?<![\p{L}-])(?:clearly|far|much(?= \w+er\b)|much(?= (?:more|less)\b)|even|still|now|also|currently|today|easily|actually|simply|significantly|considerably|slightly|markedly|a bit|a little|a lot|in fact|of course|notably|indeed|well|by far|by a wide margin|in this window|in the window|in the data|in this project|in the report|already|really|itself|(?:in total|in all|overall)(?= than\b))(?![\p{L}-]) ?/gu;
const NOUN = '(?:operation|model|endpoint|feature)';

const MEASURED = '(?:p95 )?(?:error rate|failure rate|latency|traffic|call count|token use)';
const OWNED = '(?:daily |average |total )*(?:costs?|spend|bill|savings?)';

const REWRITES: [RegExp, string][] = [
  [/[’ʼ]/gu, "'"],
  [/[*_]{2,}|(?<!\S)[*_]|[*_](?!\S)/gu, ''],
  [/\bcannot\b/gu, 'can not'],
  [/\b(\w+)n't\b/gu, '$1 not'],
  [/\bwo not\b/gu, 'will not'],
  [HEDGES, ''],
  [new RegExp(`(?:the )?${NOUN}s? (?=@[om]\\d)`, 'gu'), ''],
  [new RegExp(`(?:the )?(@[om]\\d+@) ${NOUN}\\b`, 'gu'), '$1'],
  [
    new RegExp(`(?:the )?(@[omr]\\d+@)(?:'s?(?: own)? (${MEASURED}|${OWNED})| (${MEASURED}))\\b`, 'gu'),
    'the $2$3 of $1',
  ],
  [/(@[omr]\d+@),? (?:which|that|who) (?=\w+s\b|was|has)/gu, '$1 '],
  [/\s+/gu, ' '],
];

/** The operation that a recommendation is about. */
const THIS = /\bthis (?:operation|recommendation|finding|problem|one)\b(?! of)|\bthis(?= is the (?:most|gravest)\b)/gu;

function plainClause(part: string, own: string | undefined, it: string | undefined): string {
  let text = inDigits(part.toLowerCase());
  if (own) text = text.replace(THIS, own);
  if (it) text = text.replace(/^\s*it(?= )/u, it);
  for (const [written, plain] of REWRITES) text = text.replace(written, plain);
  return again(text.replace(/[.!?"”’)\s]+$/u, '').trim());
}

/** `it` at the start of a clause is the one subject of the clause before. */
function itsSubject(text: string | undefined): string | undefined {
  const all = new Set(text?.match(/@[omr]\d+@/gu));
  return all.size === 1 ? [...all][0] : undefined;
}

const SAME_SUBJECT =
  /^((?:[^@]*[^@\w])?(@[omr]\d+@(?:,? and @[omr]\d+@)?) .*?),? (?:and|but|yet) (?:it )?(?=(?:is|has|costs?|fails?|uses?|takes?|runs|ranks|was|shows|makes|never|accounts|suffers|needs|consumes|truncates) )/u;

/** `a costs … and is …` says the second of `a` as well. */
function again(text: string): string {
  let whole = text;
  for (let at = 0; at < 3; at += 1) whole = whole.replace(SAME_SUBJECT, '$1, $2 ');
  return whole;
}
