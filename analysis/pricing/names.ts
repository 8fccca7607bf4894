/**
 * Known ways of writing one model's name. Nothing here matches a part of a name: every function turns a whole name into other
 * whole names, which then must be keys of the price table.
 */

const SUFFIXES = [
  /:\d+$/, // Bedrock's revision: …-v1:0
  /-v\d+:\d+$/,
  /[-@](?:latest|default)$/,
  /-20\d{2}-\d{2}-\d{2}$/, // OpenAI: -2024-08-06
  /[-@]20\d{6}$/, // Anthropic: -20250929, on Vertex AI @20250929
];

/** Bedrock's ids put the vendor, and often a region, before the name with dots; there `-v1` alone is a version suffix too. */
const BEDROCK_SHAPED = /^(?:[a-z-]+\.){1,2}[a-z]/i;
const BEDROCK_VERSION = /-v\d+$/;

/** The name without its known date and version suffixes, one at a time, longest result first; empty where it has none. */
export function withoutVersion(name: string): string[] {
  const found = new Set<string>();
  const queue = [name];
  for (const current of queue) {
    const suffixes = BEDROCK_SHAPED.test(current) ? [...SUFFIXES, BEDROCK_VERSION] : SUFFIXES;
    for (const suffix of suffixes) {
      const shorter = current.replace(suffix, '');
      if (shorter === current || shorter === '' || found.has(shorter)) continue;
      found.add(shorter);
      queue.push(shorter);
    }
  }
  return [...found].sort((a, b) => b.length - a.length);
}

/** The name without any known date or version suffix. */
export function unversioned(name: string): string {
  return withoutVersion(name).at(-1) ?? name;
}

const RESPELLINGS: readonly ((name: string) => string)[] = [
  (name) => name.replace(/(\d)\.(\d)/g, '$1-$2'), // claude-sonnet-4.6 → claude-sonnet-4-6
  (name) => name.replace(/(?<!\d)(\d)-(\d)(?!\d)/g, '$1.$2'), // gpt-5-4 → gpt-5.4
  (name) => name.replace(/^claude-(\d(?:[.-]\d)?)-(opus|sonnet|haiku)(?=-|$)/, 'claude-$2-$1'), // claude-4-sonnet → claude-sonnet-4
  (name) => name.replace(/^claude-(opus|sonnet|haiku)-(\d(?:[.-]\d)?)(?=-|$)/, 'claude-$2-$1'),
  (name) => name.replace(/^(claude-(?:opus|sonnet)-4)-0$/, '$1'), // Anthropic's own alias of the first version 4
  (name) => name.replace(/^(claude-(?:opus|sonnet)-4)$/, '$1-0'),
];

/** Other known spellings of a name, without the name itself. */
export function respellings(name: string): string[] {
  const found = new Set([name]);
  for (const current of found) {
    for (const respell of RESPELLINGS) found.add(respell(current));
  }
  found.delete(name);
  return [...found];
}

/** A Gemini resource path or a Bedrock ARN reduced to the model's name. */
export function withoutResourcePath(name: string): string {
  return name
    .replace(/^arn:aws[\w-]*:bedrock:.*\//i, '')
    .replace(/^(?:projects\/[^/]+\/locations\/[^/]+\/)?(?:publishers\/[^/]+\/)?models\//i, '');
}
