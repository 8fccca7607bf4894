import type { Claim, Ground } from './claim.ts';
import { COMPARISONS } from './comparison-claims.ts';
import { COUNTS } from './count-claims.ts';
import { holdsExcerpts, isCode } from './excerpt-claims.ts';
import { FINDING_KIND_RULES } from './finding-kind-claims.ts';
import type { Prose } from './markdown.ts';
import { modelListClaims } from './model-list-claims.ts';
import { MODEL_USES } from './model-use-claims.ts';
import { QUANTIFIERS } from './quantifier-claims.ts';
import { RANKS } from './rank-claims.ts';
import { SIZES_SAID } from './size-claims.ts';
import { type Family, statements } from './statements.ts';
import type { ScopedBlock } from './structure.ts';
import { TRENDS } from './trend-claims.ts';

/** Comparisons and ranks are of subjects: without one there is nothing to try. */
const FAMILIES: Family[] = [
  {
    cue: /^(?=.*@).*\b(?:than|as|same|equally|exceeds?|tops?|surpass(?:es)?|outstrips?|equals?|trails|outspends|outcosts|above|below|over|under|short of|twice|double|half|times|third|quarter)\b/u,
    rules: COMPARISONS,
  },
  {
    cue: /^(?=.*@).*\b(?:most|least|\w+est|tops?|last|main|largest|spender|driver|first|second|third|\w+th|\d+(?:st|nd|rd|th)|number|ranks?)\b/u,
    rules: RANKS,
  },
  { cue: /\b(?:days|week|window|month|period|over time)\b/u, rules: TRENDS },
  {
    cue: /\b(?:no|not|none|nothing|never|always|all|every|each|most|some|several|few|handful|half|quarters?|majority|minority|bulk|part|share|fraction|nearly|almost|hardly|virtually|practically|thirds?|fifth|sixth|tenth|twentieth|hundredth|without|free|recorded|(?:one|\d+) (?:calls? |requests? )?(?:in|out of)(?: every)? \d+)\b/u,
    rules: QUANTIFIERS,
  },
  {
    cue: /\b(?:models?|operations?|findings?|recommendations?|read|sampled|samples|covers?|spans?|window|data|report|analysis)\b|\bonly\b.*@o/u,
    rules: COUNTS,
  },
  { cue: /@m\d|\bmodels?\b/u, rules: MODEL_USES },
  { cue: /\b(?:times|calls|requests|dollars|cents|bucks|figures|grand|once|twice|thrice)\b/u, rules: SIZES_SAID },
  {
    cue: /\b(?:\S*storms?|retries|tim(?:es|ing|ed)[ -]out|time-?outs?|truncat\w+|cuts?|cut-off|refused|rate|rate-\w+|throttl\w+|429s?|tools?|empty|nothing|silent|prompts?|history|context|duplicated?|prefix(?:es)?|oversized|large|misuses?|confusion|server|5xx|500|labels|json|needs|requires|no (?:change|action|work|findings?|problems?|recommendations?)|fine|healthy|sound|shape|free|stay|left)\b/u,
    rules: FINDING_KIND_RULES,
  },
];

/** What the sentences of a block say without figures, wherever they stand; code and what traces are quoted for are not the report's words. */
export function statementClaims(block: ScopedBlock, ground: Ground): Claim[] {
  return groupsOf(block).flatMap((lines) => [
    ...statements({ scope: block.scope, lines }, FAMILIES, ground),
    ...modelListClaims({ scope: block.scope, lines }, ground),
  ]);
}

/** Lines that belong together: a paragraph's, or those of one cell. */
function groupsOf(block: ScopedBlock): Prose[][] {
  if (block.kind === 'heading') return [[{ text: block.text, codes: [], line: block.line }]];
  if (block.kind === 'table') return block.rows.flatMap(({ cells }) => cells.map((cell) => [cell]));
  const shown = block.kind === 'code' || block.quoted;
  if (shown && holdsExcerpts(block.scope)) return [];
  if (block.kind === 'text') return [block.lines, ...(block.hidden ?? []).map((aside) => [aside])];
  if (isCode(block)) return [];
  return [block.value.split('\n').map((text, at) => ({ text, codes: [], line: block.line + at + 1 }))];
}
