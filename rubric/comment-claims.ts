import type { Claim, Ground } from './claim.ts';
import { isCode } from './excerpt-claims.ts';
import { moneyIn, percentagesIn } from './figures.ts';
import type { Prose } from './markdown.ts';
import { proseClaims } from './prose-claims.ts';
import type { ScopedBlock } from './structure.ts';

/** Comments of code that say what the calls cost, save or do are held against the data as prose is. What they set is the author's own. */
export function commentClaims(block: ScopedBlock, ground: Ground): Claim[] {
  if (block.kind !== 'code' || !isCode(block)) return [];
  const lines = block.value.split('\n').flatMap((line, index): Prose[] => {
    const [, text] = /(?:^|\s)(?:#|--)\s*(.*)$/u.exec(line) ?? [];
    return text !== undefined && tells(text) ? [{ text, codes: [], line: block.line + index + 1 }] : [];
  });
  const claims = proseClaims({ scope: { ...block.scope, part: null }, lines }, ground);
  return claims.filter(({ kind }) => kind === 'usd' || kind === 'percent');
}

const SETTING =
  /\b(?:at (?:most|least)|above|below|over|under|limit|budget|cap|max(?:imum)?|min(?:imum)?|up to|alert|stop|keep|set)\b/iu;
const STATED =
  /% of (?:\w+ ){0,2}(?:calls|traces|requests|prompts|tokens|answers|generations|spend|costs?) (?:is|are|was|were|have|had|go|goes|come|comes|fail|fails|repeat|end|stop)\b/iu;

function tells(text: string): boolean {
  if (SETTING.test(text)) return false;
  return moneyIn(text).length > 0 || (percentagesIn(text).length > 0 && STATED.test(text));
}
