import type { Random } from './random.ts';
import { ADVICE, ASIDES, COMPANIES, NAMES, REASONS, SUBJECTS, TROUBLES, WEEKDAYS } from './words.ts';

type Sentence = (r: Random) => string;

const QUESTION: readonly Sentence[] = [
  (r) => `${capital(r.pick(SUBJECTS))} ${r.pick(TROUBLES)}.`,
  (r) => `Since ${r.pick(WEEKDAYS)} ${r.pick(SUBJECTS)} ${r.pick(TROUBLES)}.`,
  (r) => `Why is it that ${r.pick(SUBJECTS)} ${r.pick(TROUBLES)}?`,
  (r) => r.pick(ASIDES),
  (r) => `Our reference is ${r.integer(10_000, 999_999)}.`,
  (r) => `${r.pick(NAMES)} told us on ${r.pick(WEEKDAYS)} that ${r.integer(2, 40)} conversations are affected.`,
  (r) => `We pay ${r.integer(19, 900)} euros a month for ${r.integer(3, 60)} seats.`,
];

const REPLY: readonly Sentence[] = [
  (r) => `${r.pick(ADVICE)}.`,
  (r) => `${r.pick(ADVICE)}, ${r.pick(REASONS)}.`,
  (r) => `${capital(r.pick(SUBJECTS))} ${r.pick(TROUBLES)} ${r.pick(REASONS)}.`,
  (r) =>
    `I have noted this as case ${r.integer(1000, 99_999)} and ${r.pick(NAMES)} will follow up on ${r.pick(WEEKDAYS)}.`,
  (r) => `You should see the difference within ${r.integer(2, 45)} minutes.`,
];

const RECORD: readonly Sentence[] = [
  (r) =>
    `[2026-${two(r.integer(1, 10))}-${two(r.integer(1, 28))} ${two(r.integer(7, 19))}:${two(r.integer(0, 59))}] ${r.pick(NAMES)} (${r.pick(COMPANIES)}): ${r.pick(QUESTION)(r)}`,
  (r) =>
    `[2026-${two(r.integer(1, 10))}-${two(r.integer(1, 28))} ${two(r.integer(7, 19))}:${two(r.integer(0, 59))}] Agent ${r.pick(NAMES)}: ${r.pick(REPLY)(r)}`,
  (r) => `Article ${r.integer(100, 9999)}, ${r.pick(SUBJECTS)}: ${r.pick(ADVICE)}. Seen ${r.integer(3, 900)} times.`,
  (r) =>
    `Invoice F-${r.integer(10_000, 99_999)}, ${r.pick(COMPANIES)}, ${r.integer(20, 4000)}.${two(r.integer(0, 99))} EUR, ${r.pick(['paid', 'open', 'reminded once', 'credited'])}.`,
];

/** A customer's message of about the given number of tokens (four characters each). */
export function question(random: Random, tokens: number): string {
  const greeting = random.pick([
    'Hello,',
    'Hi there,',
    'Good morning,',
    `Hi, ${random.pick(NAMES)} from ${random.pick(COMPANIES)} here.`,
  ]);
  return `${greeting} ${grow(random, tokens - 5, QUESTION, ' ')}`;
}

/** An agent's answer of about the given number of tokens; it ends as sentences do. */
export function reply(random: Random, tokens: number): string {
  return grow(random, tokens, REPLY, ' ');
}

/** A ticket's thread, an account's history, search results: lines of records, different each time. */
export function records(random: Random, tokens: number): string {
  return grow(random, tokens, RECORD, '\n');
}

/** A text that stops in the middle of a word, at exactly the given number of tokens. */
export function cutReply(random: Random, tokens: number): string {
  const text = reply(random, tokens + 60).slice(0, tokens * 4);
  return text.replace(/[^a-z]+$/i, '').slice(0, -1);
}

function grow(random: Random, tokens: number, sentences: readonly Sentence[], joint: string): string {
  let text = random.pick(sentences)(random);
  while (text.length < tokens * 4) text += joint + random.pick(sentences)(random);
  return text;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
