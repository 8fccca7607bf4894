import { citations } from './citations.ts';
import { type Claim, type ClaimKind, claim, type Ground, unsupported } from './claim.ts';
import type { Prose, TextBlock } from './markdown.ts';
import type { Scope } from './structure.ts';

/** Families of models by their vendors' names, and what makes a word one of them: a version or a variant. */
const MODEL =
  /(?<![\w./-])(?:[\w.-]+\/)*(?:gpt|claude|gemini|gemma|llama|mistral|mixtral|codestral|deepseek|qwen|grok|phi)-[\w.:-]*\w|(?<![\w./-])o[1-9](?:-(?:mini|pro|preview))?(?![\w./-])/giu;
/** An operation's name, as code writes names. */
const OPERATION = /^[a-z][a-z0-9]*(?:[_-][a-z0-9]+)+$/iu;
/** Words that reports and PostHog use in code spans. */
const OWN_WORDS =
  /^(?:operation_property|window_days|min_recommendations|cache_control|max_tokens|prompt_cache_key|response_format|service_tier|tool_choice|retry-after|recommendations|report_view)$/iu;

/** Models and operations that a line names must be in the data; models may be of the price table. */
export function nameClaims(prose: Prose, place: { scope: Scope }, ground: Ground): Claim[] {
  const { texts } = ground.known;
  const make = (kind: ClaimKind, name: string, ok: boolean, reason: string) =>
    claim(ground, place, { kind, text: name, line: prose.line, failure: ok ? null : unsupported(reason) });
  const inCode = prose.codes.filter((code) => code.search(MODEL) === 0);
  const inText = [...prose.text.matchAll(MODEL)].map(([name]) => name.replace(/[.:]+$/u, ''));
  const models = [...inCode, ...inText].map((name) =>
    make('model', name, isModel(name, ground), 'no table of the data and no price table holds this model'),
  );
  if (place.scope.part === 'fix' || place.scope.part === 'measure') return models;
  const cited = new Set(citations(asText(prose), ground.known.hasTrace).map(({ id }) => id));
  const operations = prose.codes.filter(
    (code) => OPERATION.test(code) && !inCode.includes(code) && !OWN_WORDS.test(code),
  );
  return [
    ...models,
    ...operations
      .filter((code) => !texts.isWord(code) || texts.isOperation(code))
      .filter((code) => !cited.has(code))
      .map((code) => make('operation', code, texts.isName(code), 'no table of the data holds this operation')),
  ];
}

function isModel(name: string, { known: { texts } }: Ground): boolean {
  const bare = name.split('/').at(-1) ?? name;
  return texts.isName(name) || texts.isModel(bare) || texts.isWord(name);
}

function asText(prose: Prose): TextBlock {
  return { kind: 'text', lead: null, lines: [prose], line: prose.line, quoted: false };
}
