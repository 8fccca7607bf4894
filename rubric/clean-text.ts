import type { CodeBlock } from './markdown.ts';
import type { ScopedBlock } from './structure.ts';

/** A Markdown file as it was written and as it was read. */
export interface SourceText {
  file: string;
  text: string;
  blocks: readonly ScopedBlock[];
}

/**
 * What a finished report must not hold: placeholders, text that speaks to whoever grades it, and text that readers do not see. Excerpts
 * (fenced or quoted, in Qualitative Findings and Evidence) are the project's own words and may say anything; so may the names of its operations
 * and models.
 */
export function cleanTextFaults(source: SourceText, names: readonly string[]): string[] {
  const excerpts = linesOf(source.blocks.filter(isExcerpt));
  const code = linesOf(source.blocks.filter((block) => block.kind === 'code'));
  const plain = withoutNames(names);
  const faults = source.text.split('\n').flatMap((raw, index) => {
    const line = index + 1;
    if (excerpts.has(line)) return [];
    const text = plain(raw);
    const found = [...firstMatch(BAIT, text), ...(code.has(line) ? [] : firstMatch(HIDDEN, text))];
    return found.map((what) => ({ line, what }));
  });
  for (const { text, line } of proseOf(source.blocks)) {
    for (const what of firstMatch(PLACEHOLDERS, plain(text))) faults.push({ line, what });
  }
  return faults.sort((a, b) => a.line - b.line).map(({ line, what }) => `${source.file}:${line}: ${what}`);
}

type Pattern = [what: string, pattern: RegExp];

function firstMatch(patterns: readonly Pattern[], text: string): string[] {
  for (const [what, pattern] of patterns) {
    const match = pattern.exec(text);
    if (match) return [`${what}: ${JSON.stringify(match[0].trim().slice(0, 60))}`];
  }
  return [];
}

const PLACEHOLDERS: Pattern[] = [
  ['a placeholder', /\{\{[^}]*\}\}|<%|\[object Object\]|\blorem ipsum\b/iu],
  [
    'a placeholder',
    /\b(?:TODO|TBD|FIXME|XXX)\b|\bNaN\b|\bundefined\b|\[(?:insert|your|placeholder|fill in)\b[^\]]*\]/u,
  ],
];

const GRADERS = '(?:graders?|judges?|reviewers?|evaluators?|examiners?)';
const BAIT: Pattern[] = [
  [
    'text for the grader',
    new RegExp(
      `\\b(?:note|message|instructions?|request|hint|memo|attention)\\s+(?:to|for)\\s+(?:the |any |all |whoever )*(?:${GRADERS}|llm|assistant|model that)\\b`,
      'iu',
    ),
  ],
  ['text for the grader', new RegExp(`(?:^|[>*_\\s])(?:dear )?${GRADERS}\\s*:`, 'iu')],
  [
    'text for the grader',
    new RegExp(`\\b${GRADERS}\\b[^.\\n]{0,60}\\b(?:full marks|confirm it|score (?:it|this)|give (?:it|this))\\b`, 'iu'),
  ],
  [
    'an order to whoever reads',
    /\b(?:ignore|disregard|forget|override)\s+(?:all\s+|any\s+|the\s+|your\s+|these\s+|of\s+)*(?:previous|prior|above|earlier|preceding|rubric|instructions?|system prompt|gates?)\b/iu,
  ],
  [
    'talk of the grade',
    /\b(?:give|award|assign|score|rate|grade)\b[^.\n]{0,50}\b(?:every|each|all|this|the)\s+(?:criteri(?:on|a)|report)\b/iu,
  ],
  [
    'talk of the grade',
    /\b(?:criteri(?:on|a)|rubric|evaluation result|verdict|overall score)\b[^.\n]{0,40}\b[1-5](?:\.\d)?\s*(?:\/|out of)\s*5\b/iu,
  ],
  [
    'talk of the grade',
    /\b[45]\s*(?:\/|out of)\s*5\b[^.\n]{0,30}\b(?:criteri(?:on|a)|rubric)\b|\bscore\s*[:=]\s*5\s*\/\s*5/iu,
  ],
  ['talk of the grade', /\bscore (?:this|it)\b[^.\n]{0,20}\b[45]\b|\bset passed to true\b|["']?\bcannot_judge\b/iu],
  [
    'talk of the grade',
    /^\s*(?:SYSTEM|ASSISTANT)\s*:|<\/?(?:system|instructions?)>|\byou are (?:a|the) (?:grader|judge|evaluator)\b/u,
  ],
];

const HIDDEN: Pattern[] = [
  ['an HTML comment', /<!--|^\s*\[[^\]]*\]:\s*#/u],
  [
    'HTML for what Markdown has a form for',
    /<(?:blockquote|q|pre|samp|table|tr|td|th|h[1-6]|ul|ol|li|script|style|iframe|svg|math|template)\b/iu,
  ],
  [
    'hidden HTML',
    /<[^>]*\b(?:hidden\b|style\s*=[^>]*(?:display\s*:\s*none|visibility|opacity|font-size\s*:\s*0|color\s*:))/iu,
  ],
  // Word joiners, zero-width spaces, marks that turn the direction of text, and the invisible tag characters.
  [
    'invisible characters',
    /[\u200B\u2060-\u2064\uFEFF\u202A-\u202E\u2066-\u2069]|[\u{E0000}-\u{E007F}]|\w[\u200C\u200D]\w/u,
  ],
];

function isExcerpt({ kind, scope, ...block }: ScopedBlock): boolean {
  const place = scope.section === 'Qualitative Findings' || scope.part === 'evidence';
  return place && (kind === 'code' ? !CODE.has((block as CodeBlock).lang) : 'quoted' in block && block.quoted);
}

/** Fences that hold no excerpt. */
const CODE = new Set(['python', 'py', 'python3', 'sql']);

function linesOf(blocks: readonly ScopedBlock[]): Set<number> {
  const lines = new Set<number>();
  for (const block of blocks) {
    if (block.kind === 'text') for (const { line } of block.lines) lines.add(line);
    // From the fence that opens to the one that closes.
    if (block.kind === 'code')
      for (let i = 0; i <= block.value.split('\n').length + 1; i += 1) lines.add(block.line + i);
  }
  return lines;
}

/** Every line that a reader sees as text, without code spans and excerpts. */
function* proseOf(blocks: readonly ScopedBlock[]): Generator<{ text: string; line: number }> {
  for (const block of blocks) {
    if (isExcerpt(block)) continue;
    if (block.kind === 'heading') yield block;
    else if (block.kind === 'text') yield* block.lines;
    else if (block.kind === 'table') for (const row of block.rows) yield* row.cells;
  }
}

/** Takes the project's own names out of a line, as they are and as Markdown escapes them. */
function withoutNames(names: readonly string[]): (line: string) => string {
  const own = names.filter((name) => name.length > 2).sort((a, b) => b.length - a.length);
  return (line) =>
    own.reduce((text, name) => text.replaceAll(name, '·').replaceAll(name.replace(/_/gu, '\\_'), '·'), line);
}
