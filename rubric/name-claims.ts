import { citations } from './citations.ts';
import { type Claim, type ClaimKind, claim, type Ground, unsupported } from './claim.ts';
import { CODE_MARK, type Prose, type TextBlock } from './markdown.ts';
import type { Scope } from './structure.ts';

/** Families of models by their vendors' names, and what makes a word one of them: a version or a variant. */
const MODEL =
  /(?<![\w./-])(?:[\w.-]+\/)*(?:gpt|claude|gemini|gemma|llama|mistral|mixtral|codestral|deepseek|qwen|grok|phi)-[\w.:-]*\w|(?<![\w./-])o[1-9](?:-(?:mini|pro|preview))?(?![\w./-])/giu;
/** A model as people write it: `Claude Sonnet 4.5`, `gpt9`. */
const SPOKEN =
  /\b(?:gpt|claude|gemini|llama|mistral|grok|qwen|deepseek)(?:[ -]?(?:opus|sonnet|haiku|pro|flash|turbo|large|medium|small))?[ -]?\d+(?:\.\d+)?[a-z]?(?:[ -](?:opus|sonnet|haiku|pro|flash|turbo|mini|nano|lite|large|medium|small))*\b|\bclaude (?:opus|sonnet|haiku)\b/giu;
/** What says of a code span that it is an operation. */
const SAID_BEFORE = /\boperations?:?\s*$/iu;
const SAID_AFTER = /^ operations?\b/iu;
/** An operation's name, as code writes names. */
const OPERATION = /^[a-z][a-z0-9]*(?:[_-][a-z0-9]+)+$/iu;
/** Words that reports and PostHog use in code spans. */
const OWN_WORDS =
  /^(?:operation_property|window_days|min_recommendations|cache_control|max_tokens|prompt_cache_key|response_format|service_tier|tool_choice|retry-after|recommendations|report_view)$/iu;

/** The text without such names, whose digits count nothing. */
export function withoutModels(text: string): string {
  return text.replace(SPOKEN, (name) => ' '.repeat(name.length));
}

/** Models and operations that a line names must be in the data; a recommendation may name a model of the price table. */
export function nameClaims(prose: Prose, place: { scope: Scope }, ground: Ground): Claim[] {
  const { texts } = ground.known;
  const make = (kind: ClaimKind, name: string, ok: boolean, reason: string) =>
    claim(ground, place, { kind, text: name, line: prose.line, failure: ok ? null : unsupported(reason) });
  const inCode = prose.codes.filter((code) => code.search(MODEL) === 0);
  const written = [...prose.text.matchAll(MODEL)].map(([name]) => name.replace(/[.:]+$/u, ''));
  const spoken = [...prose.text.replace(MODEL, ' ').matchAll(SPOKEN)].map(([name]) => name);
  const models = [...inCode, ...written, ...spoken].map((name) =>
    make('model', name, isModel(name, place.scope, ground), 'no call of the data ran on this model'),
  );
  if (place.scope.part === 'fix' || place.scope.part === 'measure') return models;
  const cited = new Set(citations(asText(prose), ground.known.hasTrace).map(({ id }) => id));
  const operations = prose.codes.filter(
    (code) => OPERATION.test(code) && !inCode.includes(code) && !OWN_WORDS.test(code),
  );
  const said = saidOperations(prose).filter((code) => !operations.includes(code));
  return [
    ...models,
    ...operations
      .filter((code) => !texts.isWord(code) || texts.isOperation(code))
      .filter((code) => !cited.has(code))
      .map((code) => {
        const known = texts.isOperation(code) || isModel(code, place.scope, ground);
        return make('operation', code, known, 'no table of the data holds this operation');
      }),
    ...said.map((code) =>
      make('operation', code, texts.isOperation(code), 'no table of the data holds this operation'),
    ),
  ];
}

function saidOperations({ text, codes }: Prose): string[] {
  const between = text.split(CODE_MARK);
  return codes.filter((_, at) => SAID_BEFORE.test(between[at] ?? '') || SAID_AFTER.test(between[at + 1] ?? ''));
}

function isModel(name: string, { section }: Scope, { known: { texts } }: Ground): boolean {
  const bare = name.split('/').at(-1) ?? name;
  if (texts.isOperation(name) || texts.isModel(bare) || texts.isWord(name)) return true;
  return section === 'Recommendations' && (texts.isPriced(name) || texts.isPriced(bare));
}

function asText(prose: Prose): TextBlock {
  return { kind: 'text', lead: null, lines: [prose], line: prose.line, quoted: false };
}
