/** What stands where somebody meant to write something, and what whoever wrote the text said about writing it. */

const COUNTED = '(?:calls?|traces?|tokens?|generations?|requests?|operations?|models?|days?|weeks?|months?|users?)';
const THING = '(?:text|value|figure|number|title|sentence|paragraph|content|table|section)';

const PATTERNS: RegExp[] = [
  // A tag that is none: several words, and no attribute.
  /<(?!\/|!)(?:insert|add|your|fill|enter|put|number|value|figure|amount|name|todo)\b[^<>=]*>/iu,
  /\{%.*?%\}|\$\{[^}]*\}|%\(\w+\)[sdf]\b|(?<![\d\s]\s?)(?<![\w%])%[sd]\b/u,
  /^\W*TK\W*$|\$TK\b|\bTK (?=calls|traces|percent|a month)/u,
  new RegExp(
    `^\\W*placeholder (?:for\\b|${THING}\\b)|\\b(?:this|the) ${THING} (?:is|are) to be (?:replaced|filled in|written|added)\\b`,
    'iu',
  ),
  /\bto be (?:replaced|filled in|supplied|inserted)(?: later)?\W*$/iu,
  /\bcontinu(?:ed|es) in (?:the|my|a) next (?:message|response|reply|answer|part)\b|\((?:to be )?continued\)/iu,
  /\bas an? (?:AI|(?:large )?language)(?: language)? (?:model|assistant)\b(?:,| I\b)/iu,
  /^\W*(?:sure|certainly|of course|absolutely|okay)\b[!,.]+\s*(?:here|below|I\b)/iu,
  /\b(?:report|summary|analysis|text|table) (?:that )?you (?:asked|requested)\b/iu,
  /\b(?:is|are|was|were|of|saves?|costs?) (?:null|NULL|None|nil)(?=[.,;)|]|\s*$| (?:a|per) (?:month|day|call)\b)/u,
  /(?:\.{3}|…)\s*\((?:the )?(?:rest|remainder|remaining)\b[^)]*\)|[[(](?:the )?(?:rest|remainder)(?: is)? (?:unchanged|omitted|as before)[\])]/iu,
  /[[(<](?:the )?(?:content|text|details?|rest|remainder|sections?|tables?|rows?|code|output|list)(?: (?:is|are|was|were))? (?:omitted|truncated|shortened|skipped)\b[^\])>]{0,20}[\])>]/iu,
  /\?{3,}/u,
  /(?<=\S\s|[$(])_{3,}(?!\w)/u,
  /\$(?:[XYZN]{1,4}|\?+|_+|amount)(?![\w.])/u,
  new RegExp(`(?<![\\w-])(?:NN+|XX+|N\\.N+|X\\.X+)(?:%| (?:percent|${COUNTED})\\b)`, 'u'),
];

const CODE_SPAN = /`[^`]*`/gu;

/** The first placeholder in a line of prose as it was written; names in code spans are none. */
export function placeholderIn(raw: string): string | undefined {
  const text = raw.replace(CODE_SPAN, '·');
  for (const pattern of PATTERNS) {
    const [found] = pattern.exec(text) ?? [];
    if (found !== undefined) return found.trim();
  }
  return undefined;
}
