/**
 * Prompts and completions as SDKs store them: a message list, parts, Chat Completions choices, or plain text; often only the head and tail of
 * a long one are at hand, so the readers work on fragments of JSON text too.
 */

const STRING = String.raw`"((?:[^"\\]|\\.)*)"`;
/** A text that is cut off has no closing quote. */
const TEXT_FIELD = /"(?:content|text)"\s*:\s*"((?:[^"\\]|\\.)*)(?:"|\\?$)/gu;

function decode(raw: string): string {
  try {
    return JSON.parse(`"${raw.replace(/\\u[\da-fA-F]{0,3}$/u, '')}"`) as string;
  } catch {
    return raw;
  }
}

/** The texts of a (fragment of a) message list, in order. */
function texts(json: string): string[] {
  return [...json.matchAll(TEXT_FIELD)].map((match) => decode(match[1] ?? '')).filter((text) => text.trim() !== '');
}

/** The newest message of a prompt, from the tail of its JSON text; the raw tail where no message can be made out. */
export function newestMessage(tail: string): string {
  const found = texts(tail);
  return found.at(-1) ?? tail;
}

/** A tool call in a completion: its name and its arguments as written. */
export interface ToolCall {
  name: string;
  arguments: string;
}

const TOOL_CALL = new RegExp(
  String.raw`"name"\s*:\s*${STRING}\s*,\s*"(?:arguments|input|args)"\s*:\s*(${STRING}|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})`,
  'gu',
);

/** Tool calls of a completion in the OpenAI (arguments as JSON text) and Anthropic (arguments as an object) shapes. */
export function toolCalls(output: string): ToolCall[] {
  return [...output.matchAll(TOOL_CALL)].map((match) => ({
    name: decode(match[1] ?? ''),
    arguments: match[3] === undefined ? (match[2] ?? '') : decode(match[3]),
  }));
}

/** What a completion says: its text, else its tool calls, else nothing. */
export function answerText(output: string): string {
  if (!/^\s*[[{]/u.test(output)) return output;
  const found = texts(output);
  if (found.length > 0) return found.join('\n');
  return toolCalls(output)
    .map((call) => `→ ${call.name}(${call.arguments})`)
    .join('\n');
}
