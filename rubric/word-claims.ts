import { type Claim, claim, type Failure, type Ground, unsupported } from './claim.ts';
import { failedCalls } from './derived-values.ts';
import type { Prose } from './markdown.ts';
import type { Scope } from './structure.ts';
import { subjectsOf } from './subjects.ts';

/** Words that measure without a figure. */
const MEASURES = [
  /\b(?:two|three|four|five|six|seven|eight|nine|[2-9])[ -]figures?\b/giu,
  /\b(?:doubled|tripled|trebled|quadrupled|halved|skyrocketed|exploded|plummeted)\b/giu,
  /\b(?:almost|nearly|virtually|practically) (?:all|every|each|no|none|half|everything|nothing)\b/giu,
];
const NO_FAILURE =
  /\b(?:no|0) (?:call|request|generation)s? (?:(?:in the window|has|have|ever) )*fail(?:s|ed)?\b|\bnothing failed\b|\b(?:no|0|without) (?:failed calls|failures|errors)\b/giu;

/** What a line without a figure says of amounts, and that nothing failed where calls did. */
export function wordClaims(prose: Prose, place: { scope: Scope }, ground: Ground): Claim[] {
  const make = (text: string, failure: Failure) =>
    claim(ground, place, { kind: 'count', text, line: prose.line, failure });
  const measures = MEASURES.flatMap((words) => [...prose.text.matchAll(words)])
    .filter(([text]) => !/\d/u.test(prose.text.replace(text, '')))
    .map(([text]) => make(text, unsupported('it measures, and gives no figure of the data')));
  const failed = failedCalls(ground.artifacts) ?? 0;
  if (failed === 0 || subjectsOf(prose, place.scope, ground).length > 0) return measures;
  const reason = `data/failure_modes.json has ${failed} failed calls`;
  const denials = [...prose.text.matchAll(NO_FAILURE)].map(([text]) => make(text, { status: 'contradicted', reason }));
  return [...measures, ...denials];
}
