import type { Clock } from './clock.ts';
import type { Call, Failure, Message, OutputStyle, ToolCall } from './event.ts';
import { MODELS, type Model, named } from './models.ts';
import type { Random } from './random.ts';
import { answer, report, rules, type Theme, tokensOf } from './text.ts';

/** Where one operation of a world is built: its own chance, trade, model, users and traffic. */
export interface Site {
  r: Random;
  operation: string;
  theme: Theme;
  model: Model;
  clock: Clock;
  users: readonly string[];
  /** How many calls the operation should have, about. */
  calls: number;
  /** Share of the traces that show the problem. */
  intensity: number;
  /** A short instruction, the same on every call; below every provider's caching minimum. */
  system: string;
  /** How wordy the tokenizer is. */
  factor: number;
  style: OutputStyle;
  stopIn: 'property' | 'choices' | 'nowhere';
  traceStyle: 'uuid' | 'prefixed' | 'run';
}

/** A way in which an operation behaves, sound or not. */
export interface Shape {
  name: string;
  /** The behaviour shows in the text only. */
  needsContent?: true;
  /** The behaviour has to be recorded where the SDK puts the stop reason. */
  stopIn?: Site['stopIn'];
  models: readonly Model[];
  calls: readonly [number, number];
  /** Range of the share of traces that show the problem; without it all do, or none. */
  intensity?: readonly [number, number];
  /** The window must be this long. */
  minDays?: number;
  build(site: Site): Call[];
}

const of = (tier: Model['tier']): Model[] => MODELS.filter((model) => model.tier === tier);
export const PREMIUM = [...of('premium'), named('gpt-4.1'), named('gpt-4o'), named('claude-sonnet-4-5')];
export const STANDARD = of('standard');
export const BUDGET = of('budget');
/** Models that nobody would call too dear for everyday work. */
export const EVERYDAY = [...STANDARD, ...BUDGET];

export function newTrace(site: Site): string {
  const { r } = site;
  if (site.traceStyle === 'prefixed') return `trace_${r.hex(20)}`;
  return site.traceStyle === 'run' ? `run-${r.integer(100_000, 999_999)}-${r.hex(8)}` : r.uuid();
}

export function contextOf(site: Site, messages: readonly Message[]): number {
  let characters = 0;
  for (const message of messages) {
    characters += 12;
    if ('text' in message) characters += message.text?.length ?? 0;
    if ('calls' in message) characters += JSON.stringify(message.calls ?? []).length;
  }
  return Math.max(1, Math.round((characters / 4) * site.factor));
}

/** Seconds, from the number of tokens that were written. */
function latencyOf(site: Site, output: number): number {
  const perToken = { premium: 0.022, standard: 0.014, budget: 0.007, unknown: 0.012 }[site.model.tier];
  return (0.35 + output * perToken) * site.r.between(0.8, 1.3);
}

export interface Turn {
  trace: string;
  user: string;
  at: number;
  messages: Message[];
  text?: string;
  calls?: ToolCall[];
}

/** A call that went well: tokens from its text, latency from its tokens. */
export function turn(site: Site, { trace, user, at, messages, text, calls }: Turn): Call {
  const written = tokensOf(text ?? '', site.factor) + (calls ? contextOf(site, [{ role: 'assistant', calls }]) : 0);
  return {
    trace,
    user,
    at,
    model: site.model,
    messages,
    reply: { ...(text === undefined ? {} : { text }), ...(calls ? { calls } : {}) },
    context: contextOf(site, messages),
    output: written,
    stop: calls ? 'tools' : 'end',
    stopIn: site.stopIn,
    latency: latencyOf(site, written),
  };
}

/** The usual size of a plain task's prompts and answers, tokens. */
export interface Sizes {
  input: number;
  output: number;
  sigma: number;
}

export function ask(site: Site, user: string): Message[] {
  return [
    { role: 'system', text: site.system },
    { role: 'user', text: user },
  ];
}

/** One trace of one call with a prompt and an answer of ordinary size. */
export function plain(site: Site, at: number, sizes: Sizes): Call {
  const { r, theme } = site;
  return turn(site, {
    trace: newTrace(site),
    user: r.pick(site.users),
    at,
    messages: ask(site, report(r, theme, r.around(sizes.input, sizes.sigma))),
    text: answer(r, theme, r.around(sizes.output, sizes.sigma)),
  });
}

/** Sizes for an operation that does nothing remarkable. */
export function ordinarySizes(r: Random): Sizes {
  return { input: r.integer(150, 700), output: r.integer(90, 260), sigma: r.between(0.15, 0.4) };
}

/** Which of `n` traces show the problem: the site's share of them, and never fewer than eight. */
export function plantedAmong(site: Site, n: number): Set<number> {
  return site.r.choose(n, Math.max(8, Math.round(n * site.intensity)));
}

/** The same call, refused: no tokens, no answer. */
export function failed(call: Call, failure: Failure, latency: number): Call {
  const { read: _read, write: _write, ...rest } = call;
  return { ...rest, reply: {}, context: 0, output: 0, failure, latency };
}

export function instruction(r: Random, theme: Theme): string {
  return `${r.pick(['You help a small team.', 'You are a careful assistant.', 'You work for the back office.'])} Answer in plain sentences.\n${rules(r, theme, r.integer(20, 160))}`;
}
