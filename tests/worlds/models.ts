export interface Model {
  name: string;
  provider: 'openai' | 'anthropic' | 'gemini' | 'custom';
  /** Trade tier: what a reader of a price list would call the model. */
  tier: 'premium' | 'standard' | 'budget' | 'unknown';
  /** USD per million tokens, list price of November 2026; cached reads as a share of the input price. */
  price: { input: number; output: number; read: number } | null;
  /** Smallest prefix that the provider caches, tokens. */
  minPrefix: number;
}

function model(
  name: string,
  provider: Model['provider'],
  tier: Model['tier'],
  input: number,
  output: number,
  read: number,
  minPrefix = 1024,
): Model {
  return { name, provider, tier, price: { input, output, read }, minPrefix };
}

export const MODELS: readonly Model[] = [
  model('gpt-4o', 'openai', 'standard', 2.5, 10, 0.5),
  model('gpt-4o-2024-08-06', 'openai', 'standard', 2.5, 10, 0.5),
  model('gpt-4.1', 'openai', 'standard', 2, 8, 0.25),
  model('o3', 'openai', 'premium', 2, 8, 0.25),
  model('gpt-5', 'openai', 'premium', 1.25, 10, 0.1),
  model('gpt-4o-mini', 'openai', 'budget', 0.15, 0.6, 0.5),
  model('gpt-4.1-mini', 'openai', 'budget', 0.4, 1.6, 0.25),
  model('gpt-4.1-nano', 'openai', 'budget', 0.1, 0.4, 0.25),
  model('gpt-5-mini', 'openai', 'budget', 0.25, 2, 0.1),
  model('claude-opus-4-1', 'anthropic', 'premium', 15, 75, 0.1),
  model('claude-opus-4-5', 'anthropic', 'premium', 5, 25, 0.1, 4096),
  model('claude-sonnet-4-5', 'anthropic', 'standard', 3, 15, 0.1),
  model('claude-sonnet-4-5-20250929', 'anthropic', 'standard', 3, 15, 0.1),
  model('claude-haiku-4-5', 'anthropic', 'budget', 1, 5, 0.1, 4096),
  model('gemini-2.5-pro', 'gemini', 'premium', 1.25, 10, 0.1, 4096),
  model('gemini-2.5-flash', 'gemini', 'budget', 0.3, 2.5, 0.1, 4096),
];

/** Names that stand in no price list, not even as a part of a listed name. */
export const UNLISTED: readonly Model[] = [
  ['northwind-chat-v3', 'custom'],
  ['inhouse/brevio-12b-awq', 'custom'],
  ['Borealis-XL-2026-09', 'custom'],
  ['zq-preview-0917', 'openai'],
  ['kestrel_router_internal', 'custom'],
].map(([name, provider]) => ({
  name: name as string,
  provider: provider as Model['provider'],
  tier: 'unknown',
  price: null,
  minPrefix: 1024,
}));

export function named(name: string): Model {
  const found = MODELS.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no model ${name}`);
  return found;
}

export interface Usage {
  /** All of the context, cached parts included. */
  context: number;
  output: number;
  read: number;
  write: number;
}

/** List price of one call in USD; cache writes cost 1.25 times the input at Anthropic and nothing extra elsewhere. */
export function costOf(price: NonNullable<Model['price']>, provider: Model['provider'], usage: Usage): number {
  const fresh = usage.context - usage.read - usage.write;
  const writing = provider === 'anthropic' ? 1.25 : 1;
  const input = fresh + usage.read * price.read + usage.write * writing;
  return (input * price.input + usage.output * price.output) / 1e6;
}
