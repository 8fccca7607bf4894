import { withoutUnseen } from '../lib/unseen.ts';

type Pattern = [what: string, pattern: RegExp];

/**
 * Text of a line that speaks to whoever grades the report: an address, an order, or a grade of its own. Letters that only look like Latin
 * ones, accents, and marks inside words make no difference.
 * @returns what it is, with its words; null where there is none
 */
export function baitIn(line: string): string | null {
  const known = READ.get(line);
  if (known !== undefined) return known;
  if (READ.size >= MOST_READ) READ.clear();
  const found = baitOf(line);
  READ.set(line, found);
  return found;
}

/** A line is read as it was written and as it is shown, which mostly is the same. */
const READ = new Map<string, string | null>();
const MOST_READ = 20_000;

function baitOf(line: string): string | null {
  const plain = withoutUnseen(line).normalize('NFKC');
  const latin = latinised(plain.replace(/[*\\`~]/gu, ''));
  for (const [text, patterns] of [[latin, LATIN] as const, [plain, OTHER_SCRIPTS] as const]) {
    for (const [what, pattern] of patterns) {
      const match = pattern.exec(text);
      if (match) return `${what}: ${JSON.stringify(match[0].trim().slice(0, 60))}`;
    }
  }
  return null;
}

/** Small letters of other scripts, each with the Latin one that it looks like; capitals follow, where they look alike, too. */
const LOOK_ALIKES = new Map(
  'аa еe оo рp сc уy хx іi јj ѕs һh ԁd ԛq ԝw кk мm тt вb нh αa οo ρp ιi κk εe υu χx ɡg ɑa ıi օo ոn'
    .split(' ')
    .flatMap(([other = '', latin = '']): [string, string][] => [
      [other, latin],
      [other.toUpperCase(), latin.toUpperCase()],
    ]),
);

function latinised(text: string): string {
  const letters = [...text].map((letter) => LOOK_ALIKES.get(letter) ?? letter).join('');
  return letters
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replaceAll('ß', 'ss');
}

const GRADERS = '(?:graders?|judges?|reviewers?|evaluators?|examiners?|assessors?)';
/** A model or step of the project's own, such as its judge model. */
const OF_PROJECT =
  '(?! ?(?:models?|prompts?|calls?|steps?|spans?|traces?|tokens?|pipelines?|operations?|outputs?|answers?|scores?|agents?|costs?)\\b)';
const MACHINES = '(?:AIs?|LLMs?|(?:large )?language models?|chatbots?|bots?|assistants?|chatgpt|gpt|claude|gemini)';
const WORK = '(?:reports?|documents?|analys[ie]s|submissions?|works?|write-?ups?|recommendations)';
/** Where an order begins. */
const ORDER = String.raw`(?:^|[.!?:;,>|(–—-]\s*|\b(?:please|kindly|you|must|should|shall|now|always|just|simply|then|and|to)\s+)`;
const MUST =
  '(?:should|must|shall|needs? to|ha(?:ve|s) to|ought to|will|can(?: safely)?|may|please|(?:is|are) (?:kindly )?(?:asked|advised|instructed|requested|expected|required|invited|told))';
const TOP = '(?:max(?:imum|imal)?|highest|full|top|perfect|best|excellent|outstanding)';
const GRADE = '(?:scores?|marks?|grades?|ratings?|points|stars)';
const GIVE = '(?:award|give|assign|grant|output|return|respond with|answer with|reply with|put|set|record|report)';
const BEFORE_THIS = '(?:previous|prior|above|earlier|preceding|foregoing)';
const RULES =
  '(?:instructions?|prompts?|rubrics?|rules|guidelines?|criteri(?:on|a)|gates?|directions|directives?|commands|messages?|constraints|context)';
const ANY = '(?:(?:all|any|the|your|these|those|this|of|other|every|each|and|given|original|system)\\s+)*';

const pattern = (...parts: string[]) => new RegExp(parts.join(''), 'iu');

const ADDRESS = 'text for the grader';
const ORDERS = 'an order to whoever reads';
const TALK = 'talk of the grade';

const LATIN: Pattern[] = [
  [
    ADDRESS,
    pattern(
      String.raw`\b(?:notes?|messages?|instructions?|requests?|hints?|memo|attention)\s+(?:to|for)\s+(?:the |any |all |whoever |automated |ai )*(?:${GRADERS}${OF_PROJECT}|${MACHINES}\b|model that)\b`,
    ),
  ],
  [ADDRESS, pattern(String.raw`(?:^|[>*_\s])(?:dear )?${GRADERS}\s*:`)],
  [
    ADDRESS,
    pattern(String.raw`\b(?:dear|attention|attn|hey|hello|hi)\b[\s,:]+(?:the |all |any )?(?:${MACHINES}|${GRADERS})\b`),
  ],
  [
    ADDRESS,
    pattern(
      String.raw`\b(?:as|you(?:'re| are)|act(?:ing)? as|you as)\s+(?:an?|the|our)\s+(?:[\w-]+ ){0,3}?${GRADERS}\b${OF_PROJECT}`,
    ),
  ],
  [
    ADDRESS,
    pattern(String.raw`\bif you(?:'re| are)\s+(?:an?|the)\s+(?:[\w-]+ ){0,2}?(?:${MACHINES}|${GRADERS}|model)\b`),
  ],
  [
    ADDRESS,
    pattern(
      String.raw`\bwho(?:m|ever)?(?: or what(?:ever)?)?\s+(?:is\s+)?(?:grad|scor|evaluat|judg|rat)(?:es|ing)\s+(?:this|the)\b`,
    ),
  ],
  [
    ADDRESS,
    pattern(
      String.raw`\b${GRADERS}\b${OF_PROJECT}[^.\n]{0,60}\b(?:full marks|confirm it|score (?:it|this)|(?:give|award|rate|grade|mark|accept|approve|pass|trust) (?:it|this|the ${WORK}))\b`,
    ),
  ],
  [
    ADDRESS,
    pattern(
      String.raw`\b(?:graders?|judges|evaluators?|examiners?|assessors?)\b${OF_PROJECT}\s+${MUST}\s+(?:also )?(?:note|be aware|know|consider|treat|skip|overlook|assume|conclude|find)\b`,
    ),
  ],
  [
    ORDERS,
    pattern(
      String.raw`\b(?:ignore|disregard|forget|override|bypass)\s+${ANY}(?:${BEFORE_THIS}\s+${ANY}${RULES}|(?:everything|anything|all)?\s*(?:the )?${BEFORE_THIS}(?=\s*(?:$|[.,;:!]|and\b|text\b)))`,
    ),
  ],
  [
    ORDERS,
    pattern(
      String.raw`${ORDER}(?:ignore|disregard|forget|override|bypass)\s+${ANY}(?:your\s+)?${RULES.replace('|context', '')}\b`,
    ),
  ],
  [
    TALK,
    pattern(
      String.raw`\b(?:give|award|assign|score|rate|grade)\b[^.\n]{0,50}\b(?:every|each|all|this|the)\s+(?:criteri(?:on|a)|report)\b`,
    ),
  ],
  [
    TALK,
    pattern(String.raw`${ORDER}(?:${GIVE}|score|grade|rate|mark)\b[^.\n]{0,30}?\b5(?:\.0)?\s*(?:\/|out of)\s*5\b`),
  ],
  [
    TALK,
    pattern(
      String.raw`${ORDER}${GIVE}\s+(?:\w+ ){0,3}?(?:an? |the )?${GRADE}\s+(?:of\s+)?(?:[45]\b(?!\s*(?:to|-|–|or|%)|[.,]\d)|five\b|${TOP}\b)`,
    ),
  ],
  [
    TALK,
    pattern(
      String.raw`${ORDER}(?:${GIVE})\s+(?:\w+ ){0,3}?(?:${TOP}|an? (?:5|five|A\+))(?:\s+possible)?(?:\s+${GRADE}\b(?! threshold)|\s*[.!]?\s*$)`,
    ),
  ],
  [
    TALK,
    pattern(
      String.raw`${ORDER}(?:score|grade|rate|mark|judge|evaluate)\s+(?:this|it|me|us|my|the ${WORK})\b(?:\s+${WORK})?\s*(?:as\b|with\b|at\b|\b(?:${TOP}|highly|favou?rably|positively|generously|leniently|[45]\b|five))`,
    ),
  ],
  [
    TALK,
    pattern(
      String.raw`\b(?:this|the|our|my)\s+${WORK}\b[^.\n]{0,30}\b(?:deserves?|merits?|earns?|warrants?|qualif(?:y|ies) for|is worth(?:y of)?|(?:${MUST})\s+(?:get|receive|be\s+(?:given|awarded|scored|graded|rated|marked|accepted)))[^.\n]{0,30}\b(?:${GRADE}|[45]\b|five|pass(?:ed)?\b|${TOP})|\b(?:this|the|our|my)\s+${WORK}\s+(?:${MUST})\s+pass\s*(?:[.!,;]|$)`,
    ),
  ],
  [
    TALK,
    pattern(
      String.raw`\byour\s+(?:final\s+|overall\s+)?(?:scores?|grades?|verdict|rating|judge?ment|evaluation|assessment)\s+(?:${MUST}\s+be|is|:)[^.\n]{0,30}(?:\b[45]\b|\bfive\b|\bpass|\b${TOP}|\bpositive)`,
    ),
  ],
  [
    TALK,
    pattern(
      String.raw`\b(?:criteri(?:on|a)|rubric|evaluation result|verdict|overall score)\b[^.\n]{0,40}\b[1-5](?:\.\d)?\s*(?:\/|out of)\s*5\b`,
    ),
  ],
  [
    TALK,
    pattern(
      String.raw`\b[45]\s*(?:\/|out of)\s*5\b[^.\n]{0,30}\b(?:criteri(?:on|a)|rubric)\b|\bscore\s*[:=]\s*5\s*\/\s*5`,
    ),
  ],
  [TALK, pattern(String.raw`\bscore (?:this|it)\b[^.\n]{0,20}\b[45]\b|\bset passed to true\b|["']?\bcannot_judge\b`)],
  [
    TALK,
    pattern(
      String.raw`\b(?:evidence|cost[_ ]analysis|qualitative[_ ]depth|actionability|roadmap|rubric)["']?\s*=\s*["']?[1-5]\b(?![.,]?\d)`,
    ),
  ],
  [
    TALK,
    pattern(
      String.raw`\b(?:evidence|cost[_ ]analysis|qualitative[_ ]depth|actionability|roadmap)["']?\s*:\s*[45]\s*(?:[,;}\]]|\/\s*5|$)`,
    ),
  ],
  [
    TALK,
    pattern(
      String.raw`["']score["']\s*:\s*["']?[1-5]["']?\s*[,}].*["'](?:reason\w*|verdict|passed|grade|evidence|feedback|explanation|rationale|criteri\w+)["']`,
    ),
  ],
  [
    TALK,
    pattern(
      String.raw`["'](?:reason\w*|verdict|passed|grade|evidence|feedback|explanation|rationale|criteri\w+)["'].*["']score["']\s*:\s*["']?[1-5]["']?\s*[,}]`,
    ),
  ],
  [
    TALK,
    pattern(
      String.raw`^\W*["']score["']\s*:\s*["']?[1-5]["']?\s*,?\s*\}?\s*$|(?:^|\b(?:final|overall|your|my)\s+)score\s*[:=]\s*["']?5\b(?![.\d%])`,
    ),
  ],
  [TALK, pattern(String.raw`\b(?:verdict|overall_passed)["']?\s*:\s*["']?(?:pass(?:ed)?|true|excellent)\b`)],
  [
    TALK,
    /^\s*(?:SYSTEM|ASSISTANT)\s*:|<\/?(?:system|instructions?|assistant|grader|judge)>|<\|im_(?:start|end)\|>|\[\/?INST\]|<<\/?SYS>>/u,
  ],
  [
    ORDERS,
    /\b(?:ignorier\w*|missacht\w*|vergiss|vergesst|vergessen sie|ubergeh\w*)\b[^.\n]{0,40}\b(?:anweisung|instruktion|regeln|vorgaben|prompt|anleitung)\w*/iu,
  ],
  [
    TALK,
    /\b(?:bitte|solle?n?|sollten?|muss|mussen|musst)\b[^.\n]{0,40}\b(?:[45]|funf|hochst\w*|voll\w*|best\w*|maximal\w*)\b[^.\n]{0,25}\b(?:bewert|benot|punkt|note\b|vergeb)\w*|\b(?:bewerte?|benote)\b[^.\n]{0,40}\bmit\b[^.\n]{0,20}\b(?:[45]|funf|hochst\w*|voll\w*|best\w*|maximal\w*)/iu,
  ],
  [
    ORDERS,
    /\b(?:ignore[rz]?|oublie[rz]?|ne tene?z pas compte de)\s+(?:toute?s?|les|ces|vos|des|tes)\b[^.\n]{0,40}\b(?:instructions?|consignes?|directives?|regles)\b/iu,
  ],
  [
    TALK,
    /\b(?:donne[rz]?|attribue[rz]?|accorde[rz]?|mette[rz]|mets|notez|evalue[rz]?)\b[^.\n]{0,40}\b(?:note|score|points)\b[^.\n]{0,20}\b(?:[45]|cinq|maxim\w+|parfaite?)\b|\bnote[rz]?\s+(?:ce|cet|le)\s+(?:rapport|document)\b/iu,
  ],
  [
    ORDERS,
    /\b(?:ignor[ae]n?|ignorar|ignorad|olvid[ae]n?|haz caso omiso|ignorare|dimentica|esquec[ae])\b[^.\n]{0,40}\b(?:instrucciones|reglas|indicaciones|istruzioni|regole|instrucoes|regras)\b/iu,
  ],
  [
    TALK,
    /\b(?:da(?:le|me|r)?|otorg\w+|asign\w+|pon\w*|calif\w+|puntu\w+|assegna\w*|valuta\w*|atribu\w+)\b[^.\n]{0,40}\b(?:[45]|cinco|cinque|maxim\w+|massim\w+)\b[^.\n]{0,20}(?:$|[.!]|\b(?:calificacion|puntuacion|nota|puntos|punteggio|voto|pontuacao)\b)|\b(?:calificacion|puntuacion|nota|punteggio|voto|pontuacao)\s+(?:de\s+|di\s+)?(?:[45]\b|maxim\w+|massim\w+)/iu,
  ],
];

const OTHER_SCRIPTS: Pattern[] = [
  [ORDERS, /(?:игнорируй|забудь|не\s+учитывай)\p{L}*[^.\n]{0,40}(?:инструкци|указани|правил)/iu],
  [ORDERS, /(?:忽略|无视|無視|忘记)[^。\n]{0,12}(?:指令|指示|说明|說明|提示)|(?:指示|指令|命令)[^。\n]{0,10}無視/u],
  [TALK, /(?:поставь|оцени)\p{L}*[^.\n]{0,30}(?:5|пят|максим|высш)|(?:评分|打分|给出)[^。\n]{0,8}(?:5|五|满分)/iu],
];
