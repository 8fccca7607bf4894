import { type Claim, claim, type Ground } from './claim.ts';
import { type Clause, clausesOf } from './clauses.ts';
import type { Prose } from './markdown.ts';
import { named, namesOf } from './names.ts';
import type { Scope } from './structure.ts';

/** What a rule finds in the data. */
export interface Verdict {
  holds: boolean;
  /** What the data say. */
  says: string;
}

export type Groups = Record<string, string | undefined>;
/** Where a sentence stands, and what it is held against. */
export interface Place {
  clause: Clause;
  ground: Ground;
}
/** Null where it does not understand the sentence. */
export type Check = (groups: Groups, place: Place) => Verdict | null;

/** Sentences of one form, and what the data say of them. */
export interface Rule {
  pattern: RegExp;
  check: Check;
}

/** A subject in a rule's pattern, and several in a row. */
export const SUBJECT = '@[omr]\\d+@';
export const SUBJECTS = `${SUBJECT}(?:(?:,? and|,? plus|,) ${SUBJECT})*`;
/** Before a subject that does something itself: not `the prompt of a`. */
export const ITSELF = '(?<!\\b(?:of|in|for|on|to|from|by|with|than|into|like|unlike) )';

/** A rule for whole words. */
export function rule(source: string, check: Check): Rule {
  return { pattern: new RegExp(`(?<![\\w@-])(?:${source})(?![\\w@-])`, 'gu'), check };
}

/** The tokens of the subjects that a part of a clause names. */
export function tokensOf(text = ''): string[] {
  return text.match(/@[omr]\d+@/gu) ?? [];
}

/** Rules of one kind, and what a clause must hold for them to be tried: they are many, and most clauses say nothing of the kind. */
export interface Family {
  cue: RegExp;
  rules: readonly Rule[];
}

/** Names and figures alone say nothing. */
const SENTENCE = /\S \S+ \S/u;

/** Every statement of these lines that a rule understands, held against the data. */
export function statements(
  block: { scope: Scope; lines: readonly Prose[] },
  families: readonly Family[],
  ground: Ground,
): Claim[] {
  const clauses = clausesOf(block.lines, block.scope, ground).filter(({ text }) => SENTENCE.test(text));
  return clauses.flatMap((clause) =>
    hitsIn(clause.text, families).flatMap(([one, match]) => claimsBy(one, match, { clause, ground })),
  );
}

type Hit = [rule: Rule, match: RegExpExecArray];

/** Rules are many and clauses repeat: what matches a text depends on nothing else. */
const HITS = new WeakMap<readonly Family[], Map<string, Hit[]>>();
const MOST_KEPT = 5_000;

function hitsIn(text: string, families: readonly Family[]): Hit[] {
  const kept = HITS.get(families) ?? new Map<string, Hit[]>();
  HITS.set(families, kept);
  const known = kept.get(text);
  if (known) return known;
  const rules = families.filter(({ cue }) => cue.test(text)).flatMap((family) => family.rules);
  const hits = rules.flatMap((one) => matchesOf(one.pattern, text).map((match): Hit => [one, match]));
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(text, hits);
  return hits;
}

function claimsBy({ check }: Rule, match: RegExpExecArray, { clause, ground }: Place): Claim[] {
  const verdict = isStated(clause, match.index) ? check(match.groups ?? {}, { clause, ground }) : null;
  if (!verdict) return [];
  const failure = verdict.holds ? null : ({ status: 'contradicted', reason: verdict.says } as const);
  const text = named(match[0], namesOf(ground.artifacts)).trim();
  return [claim(ground, clause, { kind: 'statement', text, line: clause.line, failure, derived: true })];
}

/** As `matchAll`, without a new pattern each time: there are many. */
function matchesOf(pattern: RegExp, text: string): RegExpExecArray[] {
  const found: RegExpExecArray[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) found.push(match);
  return found;
}

/** Conditions, aims, and sentences about what is not so: nothing in them is stated. */
const SUPPOSED =
  /(?<![\p{L}-])(?:if|unless|whether|until|suppose|assum\w+|imagine|target|goal|aims?|hypothesis|not true|not the case|false that|wrong that|contrary|rather than|so that|in order|(?:ensure|check|verify|sure|mean|means|believe|doubt|likely|claim|confirm|expect|want) that|(?:alert|page|warn|stop|react|act|roll back) (?:when|as soon as|once))(?![\p{L}-])/u;
const SUPPOSED_NEAR =
  /(?<![\p{L}-])(?:would|should|could|might|may|can|must|will|shall|to|when|once)\s+(?:[^\s@]+ )?$/u;

function isStated(clause: Clause, index: number): boolean {
  const before = `${clause.before} ${clause.text.slice(0, index)}`;
  return !SUPPOSED.test(before) && !SUPPOSED_NEAR.test(before);
}
