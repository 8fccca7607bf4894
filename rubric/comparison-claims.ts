import type { Ground } from './claim.ts';
import { type Frame, frameOf, MEASURES, type Measure, measureOf, type Row, rowOf, rowsOf, shown } from './measures.ts';
import { BOUND, isMultiple, MULTIPLE } from './ratios.ts';
import { type Groups, ITSELF, type Place, type Rule, rule, SUBJECTS, tokensOf, type Verdict } from './statements.ts';

/** `a costs more than b`, `a is half as slow as b`, `a and b cost the same`. */

const NOT = '(?:(?<not>(?:do|does|did|is|are|was|were|has|have) not) )?';
const BE = '(?:is |are |was |were |remains? |has been )?';
const HAS = '(?:has |have |had |makes? |sees? |gets? |receives? |sends? )?(?:a |the )?';
const MORE = '(?:higher|larger|greater|bigger)';
const LESS = '(?:lower|smaller)';
const CALL_OF = '(?:an? |each |every |the )?(?:call|request)s? (?:of|to|by|from) ';
const LEFT = `(?<left>(?:${CALL_OF})?${SUBJECTS}|no (?:other )?(?:operation|model)|nothing)(?<sum>,? (?:taken )?together| combined)?(?:,| both| each)?`;
/** Not where it belongs to something else: `the prompt of a`. */
const SUBJECT_SIDE = `${ITSELF}${LEFT}`;
const RIGHT = `(?:the (?:calls|tokens|cost|spend) of |that of |those of |(?:what )?(?=@))?(?:${CALL_OF})?(?<right>${SUBJECTS}|any other|(?:all|every|each|any)(?: of)?(?: the)? others?|(?:all )?the rest|the others)(?: (?:operation|model)s?)?(?<rightSum>,? (?:taken |put )?together| combined)?(?!'| (?:would|could|will|should|did|does|had|was|were)\\b)`;

/** What is compared, which way, and how sentences say so. */
const COMPARED: [Measure, 1 | -1, string][] = [
  [
    'cost',
    1,
    `costs? more|spends? more|(?:dearer|costlier|pricier|more expensive|more costly)|${HAS}${MORE} (?:total )?(?:cost|spend|bill)`,
  ],
  [
    'cost',
    -1,
    `costs? less|spends? less|(?:cheaper|less expensive|less costly)|${HAS}${LESS} (?:total )?(?:cost|spend|bill)`,
  ],
  [
    'calls',
    1,
    `(?:called|run|used|invoked) more (?:often|frequently)|${HAS}more (?:calls|traffic|requests)|busier|runs? more often`,
  ],
  [
    'calls',
    -1,
    `(?:called|run|used|invoked) less (?:often|frequently)|${HAS}(?:fewer|less) (?:calls|traffic|requests)|runs? less often`,
  ],
  ['errors', 1, `fails? more (?:often|frequently)|${HAS}${MORE} (?:error|failure) rate|less reliable|errs? more often`],
  ['errors', -1, `fails? less (?:often|frequently)|${HAS}${LESS} (?:error|failure) rate|more reliable`],
  ['failures', 1, `${HAS}more (?:errors|failures|failed calls)`],
  ['failures', -1, `${HAS}(?:fewer|less) (?:errors|failures|failed calls)`],
  ['latency', 1, `slower|takes? longer|answers? (?:more slowly|slower)|${HAS}${MORE} (?:p95 )?latency`],
  ['latency', -1, `faster|quicker|answers? (?:more quickly|faster|sooner)|${HAS}${LESS} (?:p95 )?latency`],
  ['tokens', 1, '(?:uses?|consumes?|burns?|needs?|sends?|has) more tokens'],
  ['tokens', -1, '(?:uses?|consumes?|burns?|needs?|sends?|has) (?:fewer|less) tokens'],
  ['saving', 1, `saves? more|(?:brings?|gives?|promises|yields|has) (?:a )?${MORE} savings?`],
  ['saving', -1, `saves? less|(?:brings?|gives?|promises|yields|has) (?:a )?${LESS} savings?`],
  ['severity', 1, 'more severe|graver'],
  ['severity', -1, 'less severe'],
];

/** How sentences say that one value is a multiple of another; `~` stands for the multiple. */
const AS_MUCH: [Measure, 1 | -1, string[]][] = [
  [
    'cost',
    1,
    [
      'costs? ~ (?:of )?(?:as much as|the same as|what|the (?:price|cost|spend) of)',
      '~ as (?:expensive|dear|costly) as',
    ],
  ],
  ['cost', 1, [`${HAS}~ the (?:cost|spend|bill) of`]],
  ['cost', -1, ['~ as cheap as']],
  ['calls', 1, ['(?:called|run|used|invoked) ~ as (?:often|frequently|much) as', '~ as busy as']],
  ['calls', 1, [`${HAS}~ (?:as many calls as|the (?:calls|traffic) of)`]],
  ['errors', 1, ['fails? ~ as (?:often|frequently) as', '~ as unreliable as', `${HAS}~ the (?:error|failure) rate of`]],
  ['latency', 1, ['~ as slow as', 'takes? ~ as long as', `${HAS}~ the (?:p95 )?latency of`]],
  ['latency', -1, ['~ as (?:fast|quick) as']],
  ['tokens', 1, ['(?:uses?|consumes?|burns?|needs?|has) ~ (?:as many tokens as|the tokens of)']],
  ['saving', 1, ['saves? ~ as much as']],
];

const BY = `(?:(?<bound>${BOUND}) )?(?<times>${MULTIPLE})`;
const OF = '(?:the )?(?:daily |average |total |p95 )*';
/** `the spend of a exceeds that of b`. */
const NOUNS: [Measure, string][] = [
  ['cost', 'costs?|spend|bill|cost per call'],
  ['calls', 'traffic|call count|calls|number of calls'],
  ['errors', '(?:error|failure) rate'],
  ['latency', 'latency'],
  ['tokens', 'token use|tokens'],
  ['saving', 'savings?'],
];
const ABOVE =
  '(?:exceeds?|tops?|surpass(?:es)?|outstrips?|is (?:above|over)|is (?:higher|larger|greater|bigger|more) than)';
const BELOW = '(?:is (?:below|under)|stays below|trails|is (?:lower|smaller|less) than|falls short of)';

export const COMPARISONS: Rule[] = [
  ...COMPARED.map(([measure, sign, said]) =>
    than(`${SUBJECT_SIDE} ${NOT}${BE}(?:${said}) than ${RIGHT}`, measure, sign),
  ),
  ...AS_MUCH.flatMap(([measure, sign, forms]) =>
    forms.flatMap((said) => [
      times(`${SUBJECT_SIDE} ${NOT}${BE}${said.replace('~', BY)} ${RIGHT}`, measure, sign),
      times(
        `${SUBJECT_SIDE} ${NOT}${BE}${said.replace('~ ', '(?:exactly |about |roughly |just )?')} ${RIGHT}`,
        measure,
        sign,
      ),
    ]),
  ),
  ...COMPARED.map(([measure, sign, said]) =>
    times(`${SUBJECT_SIDE} ${BE}${BY} (?:${said}) than ${RIGHT}`, measure, sign),
  ),
  ...NOUNS.flatMap(([measure, noun]) => [
    than(`${OF}(?:${noun}) (?:of|for|on) ${LEFT} ${ABOVE} ${RIGHT}`, measure, 1),
    than(`${OF}(?:${noun}) (?:of|for|on) ${LEFT} ${BELOW} ${RIGHT}`, measure, -1),
    times(`${OF}(?:${noun}) (?:of|for|on) ${LEFT} is ${BY} ${RIGHT}`, measure, 1),
    times(`${OF}(?:${noun}) (?:of|for|on) ${LEFT} (?:equals|is (?:the same as|as high as)) ${RIGHT}`, measure, 1),
  ]),
  than(`${SUBJECT_SIDE} (?:outspends|outcosts) ${RIGHT}`, 'cost', 1),
  same('costs? (?:exactly |about |roughly |almost |nearly )?(?:the same|equally much|as much as each other)', 'cost'),
  same('(?:are |were )?(?:called|used|run) (?:equally often|as often as each other|the same number of times)', 'calls'),
  same('fails? (?:equally often|as often as each other)|(?:has|have) the same error rate', 'errors'),
  same(
    '(?:are |is )?(?:equally (?:slow|fast)|as (?:slow|fast) as each other)|(?:has|have) the same (?:p95 )?latency',
    'latency',
  ),
  same('uses? (?:equally many|the same number of|as many) tokens', 'tokens'),
];

type Test = (left: number, right: number) => boolean | null;

function than(source: string, measure: Measure, sign: 1 | -1): Rule {
  const test: Test = (left, right) => sign * (left - right) > 0;
  return rule(source, (groups, place) => compared(groups, { measure, test }, place));
}

/** Where no multiple is said, the values must be about the same. */
const SAME = 0.06;

function isSame(left: number, right: number): boolean {
  return Math.abs(left - right) <= SAME * Math.max(left, right);
}

function times(source: string, measure: Measure, sign: 1 | -1): Rule {
  return rule(source, (groups, place) => compared(groups, { measure, test: testOf(groups, sign) }, place));
}

/** `not as much as` is less, and not only something else. */
function testOf({ bound, times: multiple, not }: Groups, sign: 1 | -1): Test {
  return (left, right) => {
    const [over, under] = sign === 1 ? [left, right] : [right, left];
    if (multiple !== undefined) return under > 0 ? isMultiple(bound, multiple, over / under) : null;
    return isSame(left, right) || (not !== undefined && over > under);
  };
}

function same(said: string, measure: Measure): Rule {
  return rule(`${ITSELF}(?<left>${SUBJECTS})(?: both)? ${NOT}(?:${said})`, ({ left, not }, place) => {
    const [first, second] = tokensOf(left);
    return second ? compared({ left: first, right: second, not }, { measure, test: isSame }, place) : null;
  });
}

function compared(groups: Groups, { measure, test }: { measure: Measure; test: Test }, place: Place): Verdict | null {
  const frame = frameOf(place.clause.text);
  const sides = frame && sidesOf(groups, { measure, frame, ground: place.ground });
  if (!sides) return null;
  const all = sides.left.flatMap((left) => sides.right.map((right) => test(left, right)));
  if (all.length === 0 || all.includes(null)) return null;
  const holds = /^no/u.test(groups.left ?? '') ? !all.includes(true) : all.every((one) => one === true);
  const values = (list: number[]) => list.slice(0, 3).map(shown).join(', ');
  const what = `${MEASURES[measure]}${frame.perCall ? ' per call' : ''}`;
  return {
    holds: holds !== (groups.not !== undefined),
    says: `the data say ${values(sides.left)} against ${values(sides.right)} (${what})`,
  };
}

interface Reading {
  measure: Measure;
  frame: Frame;
  ground: Ground;
}

/** The values on both sides; a group that is taken together is one value. */
function sidesOf(groups: Groups, reading: Reading): { left: number[]; right: number[] } | null {
  const left = tokensOf(groups.left);
  const right = tokensOf(groups.right);
  const letter = (left[0] ?? right[0])?.charAt(1);
  if (!letter) return null;
  const others = (named: string[]) => {
    const own = named.map((token) => rowOf(token, reading.frame.days, reading.ground)?.name);
    return rowsOf(letter, reading.frame.days, reading.ground.artifacts).filter(
      (row) => !own.includes(row.name) && measureOf(row, reading.measure, reading.frame) !== null,
    );
  };
  const leftRows = left.length > 0 ? rows(left, reading) : others(right);
  const rightRows = right.length > 0 ? rows(right, reading) : others(left);
  const sides = [
    valuesOf(leftRows, groups.sum, reading),
    valuesOf(rightRows, groups.rightSum ?? rest(groups), reading),
  ];
  return sides[0] && sides[1] ? { left: sides[0], right: sides[1] } : null;
}

/** `the rest` is one sum; `all others` are several values. */
function rest({ right }: Groups): string | undefined {
  return /rest$/u.test(right ?? '') ? right : undefined;
}

function rows(tokens: string[], { frame, ground }: Reading): (Row | null)[] {
  return tokens.map((token) => rowOf(token, frame.days, ground));
}

function valuesOf(all: (Row | null)[], sum: string | undefined, { measure, frame }: Reading): number[] | null {
  const values = all.map((row) => row && measureOf(row, measure, frame));
  const known = values.filter((value) => value !== null);
  if (known.length === 0 || known.length < values.length) return null;
  if (sum === undefined) return known;
  return frame.perCall || measure === 'errors' || measure === 'latency' ? null : [known.reduce((a, b) => a + b, 0)];
}
