import type { Ground } from './claim.ts';
import { KINDS, type Kind, shownBy } from './finding-kinds.ts';
import { traceKey } from './keys.ts';
import { namesOf } from './names.ts';
import { type Groups, ITSELF, type Place, type Rule, rule, SUBJECT, type Verdict } from './statements.ts';

/** `a suffers from time-outs`, `b truncates its answers`, `nothing needs to be done about c`. */

const HAS =
  '(?:shows?|showed|suffers? from|suffered from|has|have|had|is (?:hit|plagued|affected|troubled|slowed) by|runs? into|ran into|exhibits|struggles with|sees|saw|produces|causes|is prone to|is a case of|contains)';
const SOME =
  '(?:an? |the |some |many |several |frequent |regular |constant |massive |severe |heavy |repeated |clear )*';
const ONE = `${ITSELF}(?<subject>${SUBJECT})`;
const NEVER = '(?<not>does not |did not |never )?';
const BE = '(?:was|were|is|are|has been|have been)';
const SEEN = '(?:found|seen|observed|detected|present)';

export const FINDING_KIND_RULES: Rule[] = [
  ...KINDS.flatMap((kind): Rule[] => [
    rule(`${ONE} ${NEVER}${HAS}(?<no> no| hardly any)? ${SOME}(?:${kind.noun})(?! of\\b)`, (groups, place) =>
      isShown(kind, groups, place),
    ),
    ...(kind.state === undefined
      ? []
      : [
          rule(
            `(?:^|the )(?:answers|calls|responses|requests) of (?<subject>${SUBJECT}) are (?<not>not |never )?(?:${kind.state})`,
            (groups, place) => isShown(kind, groups, place),
          ),
        ]),
    rule(`${ONE} ${NEVER}(?:${kind.verb})`, (groups, place) => isShown(kind, groups, place)),
    rule(`(?<no>no )?(?:${kind.noun}) ${BE} ${SEEN} (?:in|for|on|at) (?<subject>${SUBJECT})`, (groups, place) =>
      isShown(kind, groups, place),
    ),
    rule(`no (?:${kind.noun}) ${BE} ${SEEN}(?! (?:in|for|on|at|by|of|with)\\b)`, (_groups, place) =>
      isAbsent(kind, place),
    ),
    rule(`there ${BE} no (?:${kind.noun})(?: at all)?$`, (_groups, place) => isAbsent(kind, place)),
  ]),
  rule(
    `(?:nothing|no (?:change|action|work)) (?:needs to be|has to be|must be|is|needs) (?:done|needed|required|changed|fixed)(?: about| for| in| on| with| to)? (?<subject>${SUBJECT})`,
    (groups, place) => isUntouched(groups, 'advised', place),
  ),
  rule(
    `${ONE} (?:needs no (?:change|action|attention|fix|work)|requires no (?:change|action)|has no recommendations?|can (?:stay|be left) as it is)`,
    (groups, place) => isUntouched(groups, 'advised', place),
  ),
  rule(
    `no recommendations? (?:is|are|was|were|concerns?)? ?(?:about|for|on|made for|given for)? (?<subject>${SUBJECT})`,
    (groups, place) => isUntouched(groups, 'advised', place),
  ),
  rule(
    `${ONE} (?:(?:is|looks) (?:fine|healthy|sound|in good shape|free of (?:problems|findings))|has no (?:problems?|findings?))(?! (?:with|on|for|if|when|in)\\b)`,
    (groups, place) => isUntouched(groups, 'found', place),
  ),
  rule(`no (?:findings?|problems?) ${BE} (?:about|found in|seen in|made in) (?<subject>${SUBJECT})`, (groups, place) =>
    isUntouched(groups, 'found', place),
  ),
];

function isShown(kind: Kind, { subject = '', not, no }: Groups, { ground }: Place): Verdict | null {
  const name = operationOf(subject, ground);
  const has = shownBy(kind, ground);
  if (name === null || has === null) return null;
  const holds = has.has(name);
  return {
    holds: holds !== ((not ?? no) !== undefined),
    says: `the data hold ${holds ? 'such a' : 'no such'} finding for ${name}`,
  };
}

/** In a recommendation it may be said of that one's operation. */
function isAbsent(kind: Kind, { clause, ground }: Place): Verdict | null {
  const shown = shownBy(kind, ground);
  if (shown === null) return null;
  const has = [...shown];
  const holds = clause.operation === null ? has.length === 0 : !has.includes(traceKey(clause.operation));
  return { holds, says: `the data hold it for ${has.slice(0, 3).join(', ')}` };
}

function isUntouched({ subject = '' }: Groups, by: 'found' | 'advised', { ground }: Place): Verdict | null {
  const { findings, recommendations } = ground.artifacts;
  const name = operationOf(subject, ground);
  if (name === null || !findings.value) return null;
  const advice = by === 'advised' ? (recommendations.value?.recommendations ?? []) : [];
  const holds = [...findings.value.findings, ...advice].every(({ operation }) => traceKey(operation) !== name);
  return { holds, says: `there is a finding or a recommendation for ${name}` };
}

function operationOf(token: string, { artifacts }: Ground): string | null {
  const name = namesOf(artifacts).byToken.get(token);
  return token.startsWith('@o') && name !== undefined ? traceKey(name) : null;
}
