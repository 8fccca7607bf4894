import type { PriceEntry, PriceTable } from '../../../analysis/pricing/table.ts';

/** An entry of the tests' table; prices in USD per million tokens. */
export function entry(provider: string, input: number, output: number, more: Record<string, number> = {}): PriceEntry {
  const extra = Object.fromEntries(Object.entries(more).map(([field, value]) => [field, value / 1e6]));
  return {
    input_cost_per_token: input / 1e6,
    output_cost_per_token: output / 1e6,
    litellm_provider: provider,
    mode: 'chat',
    ...extra,
  };
}

/** Names and prices as hosts spell them, small enough to read; the prices differ between hosts on purpose. */
export const TABLE: PriceTable = {
  'gpt-4o': entry('openai', 2.5, 10, { cache_read_input_token_cost: 1.25 }),
  'gpt-4o-2024-05-13': entry('openai', 5, 15),
  'gpt-4o-2024-08-06': entry('openai', 2.5, 10),
  'gpt-4o-mini': entry('openai', 0.15, 0.6),
  'gpt-4.1': entry('openai', 2, 8, { cache_read_input_token_cost: 0.5 }),
  'gpt-4.1-mini': entry('openai', 0.4, 1.6),
  'gpt-5-mini': entry('openai', 0.25, 2),
  'gpt-5.4': entry('openai', 2.5, 15, {
    cache_read_input_token_cost: 0.25,
    input_cost_per_token_above_272k_tokens: 5,
    output_cost_per_token_above_272k_tokens: 22.5,
    cache_read_input_token_cost_above_272k_tokens: 0.5,
  }),
  o3: entry('openai', 2, 8),
  'ft:gpt-4.1-2025-04-14': entry('openai', 3, 12),
  'ft:gpt-3.5-turbo': entry('openai', 3, 6),
  'claude-opus-4-6': entry('anthropic', 5, 25),
  'claude-opus-4-20250514': entry('anthropic', 15, 75),
  'claude-3-7-sonnet-20250219': entry('anthropic', 3, 15),
  'claude-sonnet-4-5': entry('anthropic', 3, 15),
  'claude-sonnet-4-6': entry('anthropic', 3, 15),
  'claude-haiku-4-5': entry('anthropic', 1, 5),
  'us.anthropic.claude-sonnet-4-5-20250929-v1:0': entry('bedrock_converse', 3.3, 16.5),
  'us.anthropic.claude-opus-4-6-v1': entry('bedrock_converse', 5.5, 27.5),
  'us.anthropic.claude-haiku-4-5-20251001-v1:0': entry('bedrock_converse', 1.1, 5.5),
  'vertex_ai/claude-sonnet-4-5@20250929': entry('vertex_ai-anthropic_models', 3, 15),
  'azure/gpt-4o-2024-11-20': entry('azure', 2.75, 11),
  'azure/gpt-4o-mini': entry('azure', 0.165, 0.66),
  'azure_ai/grok-3': entry('azure_ai', 3, 15),
  'azure_ai/kimi-k2.5': entry('azure_ai', 0.6, 3),
  'deepseek-chat': entry('deepseek', 0.28, 0.42),
  'deepseek/deepseek-chat': entry('deepseek', 0.28, 0.42),
  'gemini-2.5-flash': entry('vertex_ai-language-models', 0.3, 2.5),
  'gemini-2.5-pro': entry('vertex_ai-language-models', 1.25, 10),
  'gemini/gemini-2.5-flash': entry('gemini', 0.3, 2.5),
  'groq/openai/gpt-oss-120b': entry('groq', 0.15, 0.6),
  'groq/llama-3.3-70b-versatile': entry('groq', 0.59, 0.79),
  'mistral/mistral-large-latest': entry('mistral', 0.5, 1.5),
  'mistral/mistral-large-2411': entry('mistral', 2, 6),
  'mistral/mistral-small-latest': entry('mistral', 0.06, 0.18),
  'command-r-plus': entry('cohere_chat', 2.5, 10),
};
