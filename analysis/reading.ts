import { truncate } from '../lib/format.ts';
import { LOOP } from './content-sql.ts';
import { answerText, newestMessage, toolCalls } from './messages.ts';

export const ABNORMALITIES = [
  'prompt_stuffing',
  'response_truncation',
  'model_confusion',
  'retry_storm',
  'tool_abuse',
  'empty_output',
  'clean',
] as const;
export type Abnormality = (typeof ABNORMALITIES)[number];

/** One call of a trace that is read. Texts may be cut; `input_hash` is of the whole prompt. */
export interface ReadCall {
  at: string;
  model: string;
  context_tokens: number;
  out_tokens: number;
  cost: number;
  latency: number;
  is_error: boolean;
  http_status: number;
  stop_reason: string;
  error_text: string;
  input_hash: string;
  input_head: string;
  input_tail: string;
  output: string;
  /** `output` is only the start of what is stored. */
  output_cut: boolean;
  has_output: boolean;
}

/** What the operation's other traces look like, for comparison. */
export interface Norms {
  usual_prompt_tokens: number | null;
}

export interface Reading {
  abnormality: Abnormality;
  note: string;
  input_excerpt: string;
  output_excerpt: string;
  /** Index of the call that the excerpts come from. */
  call: number;
}

const EXCERPT = 400;
export const UNAVAILABLE = 'content unavailable';
const REPEATS = 3;
/** A prompt this many times the operation's usual one, and at least this large, is stuffed. */
const STUFFED = { factor: 4, tokens: 2000 } as const;
const GROWN = { turns: 6, factor: 2.5, tokens: 3000 } as const;
const LIMIT_STOP = /^(length|max_tokens|max_output_tokens|model_length|incomplete)$/u;
const OUTPUT_LIMIT_STOP =
  /"(?:finish_reason|stop_reason|finishReason|stopReason)"\s*:\s*"(?:length|max_tokens|MAX_TOKENS|max_output_tokens)"/u;
const WANTS_JSON = /\b(?:respond|reply|answer|return|output)\b[^.\n]{0,60}\b(?:valid |strict |only )*json\b/iu;
const REFUSAL =
  /^(?:i['’]m sorry|i apologi[sz]e|sorry|as an ai|i can(?:no|['’])t (?:help|assist|do)|i am unable|i don['’]t understand)/iu;

type Check = (calls: ReadCall[], norms: Norms) => { call: number; note: string } | null;

/** The most specific explanation first; a trace gets one tag. */
const CHECKS: [Exclude<Abnormality, 'clean'>, Check][] = [
  ['tool_abuse', repeatedTool],
  ['retry_storm', repeatedRequest],
  ['response_truncation', cutOff],
  ['empty_output', empty],
  ['model_confusion', confused],
  ['prompt_stuffing', stuffed],
];

/** Reads a trace call by call and tags it; every note says what was seen, so that a reader can check it. */
export function readTrace(calls: ReadCall[], norms: Norms): Reading {
  for (const [abnormality, check] of CHECKS) {
    const hit = check(calls, norms);
    if (hit) return { abnormality, note: hit.note, ...excerpts(calls, hit.call) };
  }
  const dearest = calls.reduce((best, call, index) => (call.cost > (calls[best]?.cost ?? 0) ? index : best), 0);
  return { abnormality: 'clean', note: cleanNote(calls), ...excerpts(calls, dearest) };
}

function excerpts(calls: ReadCall[], index: number): Pick<Reading, 'input_excerpt' | 'output_excerpt' | 'call'> {
  const call = calls[index];
  const input = call?.input_tail ? newestMessage(call.input_tail) : '';
  const output = call?.has_output ? answerText(call.output) : '';
  const failed = call?.is_error && output === '' ? `(failed call) ${call.error_text}` : output;
  return {
    input_excerpt: input === '' ? UNAVAILABLE : truncate(withoutKeys(input), EXCERPT),
    output_excerpt:
      call?.has_output || call?.is_error
        ? truncate(failed === '' ? '(empty)' : withoutKeys(failed), EXCERPT)
        : UNAVAILABLE,
    call: index,
  };
}

/** Credentials by the marks of their makers: PostHog, Anthropic and OpenAI, AWS, GitHub, Slack, JSON web tokens, PEM. */
const KEYS =
  /\b(?:ph[xcs]_\w{20,}|sk-[\w-]{16,}|AKIA[A-Z\d]{16}|gh[oprsu]_\w{30,}|xox[abprs]-[\w-]{10,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+)|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gu;

/** What users typed into a prompt may hold their keys: an excerpt leaves them out. */
function withoutKeys(text: string): string {
  return text.replace(KEYS, '…');
}

function cleanNote(calls: ReadCall[]): string {
  const failed = calls.filter((call) => call.is_error).length;
  const read = calls.some((call) => call.has_output || call.input_head !== '');
  const what = `${calls.length} call${calls.length === 1 ? '' : 's'}${failed > 0 ? `, ${failed} failed` : ''}`;
  return read
    ? `${what}; nothing abnormal in what was read`
    : `${what}; ${UNAVAILABLE}, judged by counts and sizes only`;
}

/** The same tool call in a row, in turn with another, or as most of what the trace does: as `toolLoopsSql` counts it. */
function repeatedTool(calls: ReadCall[]): ReturnType<Check> {
  const made = calls.flatMap((call, index) =>
    toolCalls(call.output).map(({ name, arguments: args }) => ({
      index,
      name,
      key: `${name}\u0000${args.replace(/\s+/gu, '')}`,
    })),
  );
  const times = new Map<string, number>();
  for (const { key } of made) times.set(key, (times.get(key) ?? 0) + 1);
  const [worst, most = 0] = [...times].sort((a, b) => b[1] - a[1])[0] ?? [];
  const same = (a: number, b: number) => made[a]?.key === made[b]?.key;
  const inARow = made.some((_, i) => i >= 2 && same(i, i - 1) && same(i, i - 2));
  const inTurn = made.filter((_, i) => i >= 3 && same(i, i - 2) && same(i - 1, i - 3) && !same(i, i - 1)).length;
  const dominant = most >= LOOP.inAll && most >= LOOP.share * made.length;
  if (most < REPEATS || !(inARow || inTurn >= LOOP.inTurn || dominant)) return null;
  const last = made.findLast(({ key }) => key === worst);
  return { call: last?.index ?? 0, note: `${last?.name ?? ''} called ${most} times with the same arguments` };
}

function repeatedRequest(calls: ReadCall[]): ReturnType<Check> {
  const byHash = new Map<string, number[]>();
  for (const [index, call] of calls.entries()) {
    if (call.input_head !== '') byHash.set(call.input_hash, [...(byHash.get(call.input_hash) ?? []), index]);
  }
  const worst = [...byHash.values()].sort((a, b) => b.length - a.length)[0] ?? [];
  if (worst.length < REPEATS) return null;
  const failed = worst.filter((index) => calls[index]?.is_error).length;
  return {
    call: worst.at(-1) ?? 0,
    note: `the same prompt sent ${worst.length} times in this trace (${failed} of them failed)`,
  };
}

function cutOff(calls: ReadCall[]): ReturnType<Check> {
  const index = calls.findIndex((call) => LIMIT_STOP.test(call.stop_reason) || OUTPUT_LIMIT_STOP.test(call.output));
  if (index < 0) return null;
  return { call: index, note: `the answer stops at the output limit after ${calls[index]?.out_tokens ?? 0} tokens` };
}

function empty(calls: ReadCall[]): ReturnType<Check> {
  const index = calls.findIndex(
    (call) =>
      !call.is_error &&
      call.has_output &&
      !call.output_cut &&
      answerText(call.output).trim() === '' &&
      toolCalls(call.output).length === 0,
  );
  return index < 0 ? null : { call: index, note: 'the call succeeded and answered with no text and no tool call' };
}

function confused(calls: ReadCall[]): ReturnType<Check> {
  for (const [index, call] of calls.entries()) {
    const answer = answerText(call.output).trim();
    if (call.is_error || answer === '') continue;
    if (WANTS_JSON.test(call.input_head) && !/^(?:```\w*\s*)?[[{"]/u.test(answer)) {
      return { call: index, note: 'the prompt asks for JSON and the answer is none' };
    }
    if (REFUSAL.test(answer) && calls.length === 1)
      return { call: index, note: 'the model declines or misses the task' };
  }
  return null;
}

function stuffed(calls: ReadCall[], norms: Norms): ReturnType<Check> {
  const sized = calls.map((call, index) => ({ index, tokens: call.context_tokens })).filter((call) => call.tokens > 0);
  const first = sized[0];
  const last = sized.at(-1);
  if (!first || !last) return null;
  const usual = norms.usual_prompt_tokens;
  if (usual !== null && first.tokens >= STUFFED.factor * usual && first.tokens >= STUFFED.tokens) {
    return { call: first.index, note: `a prompt of ${first.tokens} tokens where ${Math.round(usual)} are usual` };
  }
  if (
    sized.length >= GROWN.turns &&
    last.tokens >= GROWN.factor * first.tokens &&
    last.tokens - first.tokens >= GROWN.tokens
  ) {
    return {
      call: last.index,
      note: `the prompt grows from ${first.tokens} to ${last.tokens} tokens over ${sized.length} calls`,
    };
  }
  return null;
}
