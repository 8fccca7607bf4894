/**
 * Who serves a model. A *family* is a group of `litellm_provider` values with one price list (`bedrock`, `bedrock_converse`);
 * an event's `$ai_provider` names one or two families. The same weights cost different money at different hosts, so a price
 * is only ever taken from a family that the event names, or from the vendor that a model's name belongs to.
 */

/** Hosts whose entries are spread over several provider fields: `vertex_ai-anthropic_models`, `bedrock_converse`, `cohere_chat`, `azure_ai`. */
const SPLIT_FAMILIES = ['vertex_ai', 'bedrock', 'azure', 'cohere'];

/** The family of a `litellm_provider` value. */
export function familyOf(litellmProvider: string): string {
  const field = litellmProvider.replace(/^text-completion-/, '');
  return SPLIT_FAMILIES.find((family) => isOfProvider(field, family)) ?? field;
}

/**
 * Whether a `litellm_provider` field belongs to a listed provider name: the name itself, or the name followed by `-` or `_`.
 * The field is split by model vendor and API (`vertex_ai-language-models`, `bedrock_converse`, `cohere_chat`): by equality
 * alone, every Gemini and Claude of Vertex AI, today's Bedrock models and Cohere's Command would be missing.
 */
export function isOfProvider(field: string, name: string): boolean {
  return field === name || field.startsWith(`${name}-`) || field.startsWith(`${name}_`);
}

/** What SDKs write into `$ai_provider` (lower case, `_` for blanks and dashes), and as the host part of a model's name. */
const PROVIDER_NAMES: Readonly<Record<string, readonly string[]>> = {
  openai: ['openai'],
  text_completion_openai: ['openai'],
  anthropic: ['anthropic'],
  google: ['gemini', 'vertex_ai'],
  google_ai: ['gemini', 'vertex_ai'],
  google_genai: ['gemini', 'vertex_ai'],
  gemini: ['gemini'],
  google_ai_studio: ['gemini'],
  'google.generative_ai': ['gemini'],
  vertex: ['vertex_ai'],
  vertex_ai: ['vertex_ai'],
  vertexai: ['vertex_ai'],
  google_vertex: ['vertex_ai'],
  google_vertexai: ['vertex_ai'],
  google_vertex_ai: ['vertex_ai'],
  google_anthropic_vertex: ['vertex_ai'],
  'google.vertex': ['vertex_ai'],
  aws: ['bedrock'],
  bedrock: ['bedrock'],
  bedrock_converse: ['bedrock'],
  aws_bedrock: ['bedrock'],
  amazon: ['bedrock'],
  amazon_bedrock: ['bedrock'],
  azure: ['azure'],
  azure_ai: ['azure'],
  azure_openai: ['azure'],
  azureopenai: ['azure'],
  azure_text: ['azure'],
  deepseek: ['deepseek'],
  mistral: ['mistral'],
  mistralai: ['mistral'],
  mistral_ai: ['mistral'],
  cohere: ['cohere'],
  cohere_chat: ['cohere'],
  groq: ['groq'],
  xai: ['xai'],
  x_ai: ['xai'],
  'x.ai': ['xai'],
};

/** Values that name no host. */
const NO_PROVIDER = new Set(['', 'unknown', 'none', 'null', 'undefined', 'litellm']);

/**
 * Gateways that bill their users the vendor's own token prices without a markup, by their published terms (2026-11). That holds
 * for models that only the vendor serves; open weights go to changing hosts with prices of their own.
 */
const PASS_THROUGH = new Set(['openrouter', 'vercel_ai_gateway', 'vercel', 'gateway']);

export type Host =
  | { readonly kind: 'unnamed' }
  | { readonly kind: 'gateway'; readonly families: readonly string[] }
  | { readonly kind: 'named'; readonly families: readonly string[] };

/** The families that an event's provider names. SDK spellings with an API behind a dot count (`openai.responses`, `google.vertex.chat`). */
export function hostOf(provider: string | null): Host {
  const name = normal(provider ?? '');
  if (NO_PROVIDER.has(name)) return { kind: 'unnamed' };
  if (PASS_THROUGH.has(name)) {
    return { kind: 'gateway', families: [name === 'openrouter' ? 'openrouter' : 'vercel_ai_gateway'] };
  }
  return { kind: 'named', families: knownFamilies(name) ?? [name] };
}

/** The families that the part before a model name's first `/` stands for; null where it is no host that we know. */
export function hostOfPrefix(prefix: string): Host | null {
  const name = normal(prefix);
  if (PASS_THROUGH.has(name)) return hostOf(name);
  const families = knownFamilies(name);
  return families ? { kind: 'named', families } : null;
}

function knownFamilies(name: string): readonly string[] | null {
  for (let part = name; part !== ''; part = part.slice(0, Math.max(part.lastIndexOf('.'), 0))) {
    if (Object.hasOwn(PROVIDER_NAMES, part)) return PROVIDER_NAMES[part] ?? null;
  }
  return null;
}

function normal(provider: string): string {
  return provider
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, '_');
}

/** Prefixes that LiteLLM puts before a model's name at a host, in the order to try them. */
export function keyPrefixes(family: string): readonly string[] {
  if (family === 'azure') return ['azure', 'azure_ai'];
  if (family === 'bedrock') return ['bedrock', 'bedrock_mantle'];
  return [family];
}

/**
 * Model lines that one vendor sells itself. A model named so, without a provider on the event, is taken for the vendor's. Open
 * weights that anyone may host (`gpt-oss`, `gemma`, `llama` …) are left out: their price depends on the host.
 */
const VENDOR_LINES: readonly {
  readonly line: RegExp;
  readonly families: readonly string[];
  readonly closed: boolean;
}[] = [
  { line: /^gpt-oss/, families: [], closed: false },
  { line: /^(?:ft:)?(?:gpt-|chatgpt-|codex-|davinci|babbage|o\d)/, families: ['openai'], closed: true },
  { line: /^claude-/, families: ['anthropic'], closed: true },
  { line: /^gemini-/, families: ['gemini', 'vertex_ai'], closed: true },
  { line: /^deepseek-/, families: ['deepseek'], closed: false },
  {
    line: /^(?:mistral|ministral|codestral|devstral|magistral|pixtral|open-mi[sx]tral)-/,
    families: ['mistral'],
    closed: false,
  },
  { line: /^command-/, families: ['cohere'], closed: true },
  { line: /^grok-/, families: ['xai'], closed: true },
];

/** The vendor's families for a bare model name; null where nobody in particular sells it. `closed`: nobody else sets its price. */
export function canonicalVendor(name: string): { families: readonly string[]; closed: boolean } | null {
  const found = VENDOR_LINES.find(({ line }) => line.test(name.toLowerCase()));
  return found && found.families.length > 0 ? found : null;
}
