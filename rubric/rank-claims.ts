import { frameOf, MEASURES, type Measure, measureOf, type Row, rowOf, rowsOf } from './measures.ts';
import { nameOf, namesOf } from './names.ts';
import { NUMBER, numberOf } from './ratios.ts';
import {
  type Groups,
  ITSELF,
  type Place,
  type Rule,
  rule,
  SUBJECT,
  SUBJECTS,
  tokensOf,
  type Verdict,
} from './statements.ts';

/** `a is the second dearest operation`, `a ranks third by cost`, `b has the highest error rate`. */

/** What is ranked, from the top or from the bottom, and how sentences name that place. */
const PLACES: [Measure, 1 | -1, string][] = [
  [
    'cost',
    1,
    '(?:most (?:expensive|costly)|dearest|costliest|priciest|biggest spender|(?:largest|biggest) (?:part|share|item) of the (?:bill|spend)|(?:biggest|largest|main|top) cost driver|top spender)',
  ],
  ['cost', -1, '(?:cheapest|least (?:expensive|costly))'],
  ['latency', 1, 'slowest'],
  ['latency', -1, '(?:fastest|quickest)'],
  ['calls', 1, '(?:most[ -](?:called|used|frequent|popular)|most (?:often|frequently)[ -](?:called|used)|busiest)'],
  ['calls', -1, '(?:least[ -](?:called|used|frequent|popular)|rarest)'],
  ['errors', 1, '(?:most (?:error-prone|unreliable)|least reliable)'],
  ['errors', -1, 'most reliable'],
  ['tokens', 1, 'most token-hungry'],
  ['severity', 1, 'most severe|gravest'],
];
/** What `the highest …` and `… the most` name. */
const THINGS: [Measure, string][] = [
  ['cost', '(?:total )?(?:cost|costs|spend|bill)(?: per call)?|average cost per call'],
  ['latency', '(?:p95 )?latency'],
  ['calls', 'calls|call count|number of calls|traffic'],
  ['errors', '(?:error|failure) rate'],
  ['failures', 'errors|failures|failed calls'],
  ['tokens', 'tokens|token use|token count'],
  ['saving', '(?:expected |monthly )?savings?'],
  ['severity', 'severity'],
];
const TOP = '(?:highest|largest|biggest|most|greatest|longest|worst)';
const BOTTOM = '(?:lowest|smallest|fewest|least|shortest|best)';
const VERBS: [Measure, 1 | -1, string][] = [
  ['cost', 1, '(?:costs|spends) (?:the )?most'],
  ['cost', 1, 'tops the (?:bill|list of costs)'],
  ['cost', -1, '(?:costs|spends) (?:the )?least'],
  ['calls', 1, '(?:is|was) (?:called|used|run) (?:the )?most(?: often| frequently)?'],
  ['calls', -1, '(?:is|was) (?:called|used|run) (?:the )?least(?: often| frequently)?'],
  ['errors', 1, 'fails (?:the )?most(?: often| frequently)?'],
  ['errors', -1, 'fails (?:the )?least(?: often| frequently)?'],
  ['latency', 1, 'takes (?:the )?longest'],
  ['saving', 1, 'saves (?:the )?most'],
  ['severity', 1, 'is most severe'],
];

const ORDINALS = 'first second third fourth fifth sixth seventh eighth ninth tenth'.split(' ');
const NTH = `(?:(?<nth>${ORDINALS.join('|')}|\\d{1,2}(?:st|nd|rd|th))[ -])?`;
const ONE = `${ITSELF}(?<subject>${SUBJECT})`;
const MANY = `${ITSELF}(?<subject>${SUBJECTS})`;
const THE = '(?:the|our|its)';
const IS = '(?:,? (?:is|was|remains|as|stands as)(?<not> not)?(?: by cost)?,? |, )';
/** What may follow without narrowing who is compared. */
const OF_ALL =
  '(?=$|,|\\)| and\\b| but\\b| by\\b| per call| of (?:all|them)\\b| among all| overall| in (?:all|total)| with \\d| at )';
const ALL = `(?: (?:operation|model|one|recommendation|finding|problem))?${OF_ALL}`;
const HAVE =
  '(?:has|had|shows|sees|makes|gets|receives|uses|consumes|brings|gives|yields|promises|burns|draws|causes)(?<not> not)?';

export const RANKS: Rule[] = [
  ...PLACES.flatMap(([measure, sign, said]) => [
    rank(`${ONE}${IS}${THE} (?:single )?${NTH}(?:${said})${ALL}`, measure, sign),
    rank(
      `the ${NTH}(?:${said})(?: (?:operation|model|one))?(?: of all)?(?: is|,)(?<not> not)? (?<subject>${SUBJECT})(?!'|,? and ${SUBJECT})`,
      measure,
      sign,
    ),
    among(`${MANY} (?:is|are|was|were)(?<not> not)? (?:among|one of) the (?<top>${NUMBER}) (?:${said})`, measure, sign),
    among(`${MANY} are the (?:(?<top>${NUMBER}) )?(?:${said}) (?:operations|models|ones)${OF_ALL}`, measure, sign),
    among(
      `the (?<top>${NUMBER}) (?:${said})(?: (?:operations|models|ones))? are (?<subject>${SUBJECTS})(?!,? and)`,
      measure,
      sign,
    ),
  ]),
  ...THINGS.flatMap(([measure, thing]) => [
    rank(`${ONE} ${HAVE} the ${NTH}${TOP} (?:${thing})${OF_ALL}`, measure, 1),
    rank(`${ONE} ${HAVE} the ${NTH}${BOTTOM} (?:${thing})${OF_ALL}`, measure, -1),
    rank(
      `the (?:${NTH}${TOP}) (?:${thing}) (?:is|belongs to|comes from|is that of|is of)(?<not> not)? (?<subject>${SUBJECT})`,
      measure,
      1,
    ),
    rank(
      `${ONE} (?:ranks|comes|is|stands)(?<not> not)? (?:in |at |as )?(?:the )?(?:number |no\\. |#)?(?<nth>${ORDINALS.join('|')}|\\d{1,2}(?:st|nd|rd|th)?|last)(?: place)? (?:by|in|for|on|in terms of) (?:the )?(?:${thing})`,
      measure,
      1,
    ),
    rank(
      `by (?:the )?(?:${thing}),? ${ONE} (?:ranks|comes|is)(?<not> not)? (?<nth>${ORDINALS.join('|')}|last)`,
      measure,
      1,
    ),
    among(
      `${MANY} (?:is|are|ranks|rank|comes)(?<not> not)? (?:in|among) the top (?<top>${NUMBER}) (?:by|in|for|on) (?:the )?(?:${thing})`,
      measure,
      1,
    ),
  ]),
  ...VERBS.map(([measure, sign, said]) => rank(`${ONE} ${said}${OF_ALL}`, measure, sign)),
];

function rank(source: string, measure: Measure, sign: 1 | -1): Rule {
  return rule(source, (groups, place) => {
    const at = groups.nth === 'last' ? 'last' : placeOf(groups.nth);
    return ranked(groups, { measure, sign, from: at, to: at }, place);
  });
}

function among(source: string, measure: Measure, sign: 1 | -1): Rule {
  return rule(source, (groups, place) => {
    const to = groups.top === undefined ? tokensOf(groups.subject).length : numberOf(groups.top);
    return Number.isFinite(to) ? ranked(groups, { measure, sign, from: 1, to }, place) : null;
  });
}

function placeOf(nth: string | undefined): number {
  if (nth === undefined) return 1;
  const at = ORDINALS.indexOf(nth);
  return at < 0 ? Number.parseInt(nth, 10) : at + 1;
}

interface Ranking {
  measure: Measure;
  sign: 1 | -1;
  from: number | 'last';
  to: number | 'last';
}

function ranked(groups: Groups, ranking: Ranking, { clause, ground }: Place): Verdict | null {
  const frame = frameOf(clause.text);
  const tokens = tokensOf(groups.subject);
  const letter = tokens[0]?.charAt(1);
  if (!frame || !letter) return null;
  const all = rowsOf(letter, frame.days, ground.artifacts);
  const verdicts = tokens.map((token) => {
    const row = rowOf(token, frame.days, ground);
    return row && placesOf(row, all, (one) => measureOf(one, ranking.measure, frame), ranking.sign);
  });
  const known = verdicts.filter((places) => places !== null);
  if (known.length < tokens.length) return null;
  const holds = known.every((places) => places.some((place) => isPlace(place, ranking)));
  const [first] = known;
  const name = nameOf(tokens[0] ?? '', namesOf(ground.artifacts));
  const says = `by ${MEASURES[ranking.measure]} ${name} is number ${first?.[0]?.at} of ${first?.[0]?.of}`;
  return { holds: holds !== (groups.not !== undefined), says };
}

/** Places that a row may be said to have: ties share theirs. */
interface Standing {
  at: number;
  upTo: number;
  of: number;
}

function isPlace({ at, upTo, of }: Standing, { from, to }: Ranking): boolean {
  if (from === 'last' || to === 'last') return upTo === of;
  return at <= to && upTo >= from;
}

/** Among all, among those with a name, and among those whose spend is known. */
function placesOf(row: Row, all: Row[], value: (row: Row) => number | null, sign: 1 | -1): Standing[] | null {
  const own = value(row);
  if (own === null) return null;
  const groups = [
    all,
    all.filter((one) => one.name !== 'unnamed'),
    all.filter((one) => one.unpriced < (one.calls ?? 1)),
  ];
  return groups
    .filter((group) => group.includes(row) || group.some(({ name }) => name === row.name))
    .map((group) => {
      const values = group.map(value).filter((other) => other !== null);
      const before = values.filter((other) => sign * (other - own) > 0).length;
      const ties = values.filter((other) => other === own).length;
      return { at: before + 1, upTo: before + Math.max(1, ties), of: values.length };
    });
}
