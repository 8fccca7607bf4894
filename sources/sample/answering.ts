import { contextOf, embedding, messages, type SampleEvent } from './event.ts';
import { KNOWLEDGE_BASE, ONBOARDING, SUPPORT, TONE } from './instructions.ts';
import { type Operation, single } from './operation.ts';
import { question, records, reply } from './prose.ts';
import { Random } from './random.ts';

function draftReply(random: Random, at: number): SampleEvent[] {
  const history = random.chance(0.14) ? random.between(8000, 16_000) : random.around(800, 0.3);
  const user = `Account history:\n${records(random, history)}\n\nDraft a reply to:\n${question(random, 60)}`;
  const output = reply(random, random.around(190, 0.3));
  return [single(random, { system: SUPPORT, user }, { operation: 'draft_reply', model: 'gpt-4o', at, output })];
}

/** A peak in the help centre: different visitors within minutes of each other. */
function kbAnswer(random: Random, at: number): SampleEvent[] {
  return burst(random, at, random.integer(8, 14)).map((when) =>
    single(
      random,
      { system: KNOWLEDGE_BASE, user: question(random, 60) },
      { operation: 'kb_answer', model: 'claude-sonnet-4-5', at: when, output: reply(random, random.around(120, 0.3)) },
    ),
  );
}

/** The plans of one sales call; the shared rules are written to the cache once and then read. */
function onboardingPlan(random: Random, at: number): SampleEvent[] {
  const rules = contextOf(messages(ONBOARDING, '')) - 8;
  return burst(random, at, random.integer(4, 7)).map((when, i) => {
    const user = `Plan the first week for this team:\n${question(random, 120)}`;
    const inputTokens = contextOf(messages(ONBOARDING, user));
    const cache = i === 0 ? { cacheWrite: rules } : { cacheRead: rules };
    return single(
      random,
      { system: ONBOARDING, user },
      {
        operation: 'onboarding_plan',
        model: 'claude-sonnet-4-5',
        at: when,
        output: reply(random, random.around(420, 0.3)),
        usage: { inputTokens, ...cache },
      },
    );
  });
}

function burst(random: Random, at: number, size: number): number[] {
  let when = at;
  return Array.from({ length: size }, () => {
    when += random.integer(8000, 65_000);
    return when;
  });
}

const MACRO_SEED = 77;
/** The saved replies that agents have translated again and again. */
const MACROS = Array.from({ length: 8 }, (_, i) => reply(new Random(MACRO_SEED + i), 150));

function translateMacro(random: Random, at: number): SampleEvent[] {
  const macro = random.chance(0.45) ? random.pick(MACROS) : reply(random, random.around(150, 0.3));
  const system = 'Translate the reply into German. Keep names, numbers and links as they are.';
  const output = reply(random, macro.length / 4);
  return [
    single(
      random,
      { system, user: macro },
      { operation: 'translate_macro', model: 'gpt-4o', at, output, parameters: { temperature: 0 } },
    ),
  ];
}

function rewriteTone(random: Random, at: number): SampleEvent[] {
  const user = reply(random, random.around(240, 0.4));
  const output = reply(random, (user.length / 4) * random.around(1.1, 0.1));
  return [single(random, { system: TONE, user }, { operation: 'rewrite_tone', model: 'claude-haiku-4-5', at, output })];
}

function searchHelp(random: Random, at: number): SampleEvent[] {
  return [embedding(random, 'search_help', at, question(random, random.around(24, 0.4)))];
}

/** Operations that write prose, and the search beside them. */
export const ANSWERING: readonly Operation[] = [
  {
    name: 'draft_reply',
    perDay: 32,
    problem: 'prompt_bloat',
    note: 'one prompt in seven carries the whole history of the account, 8 to 16 times the usual size',
    visit: draftReply,
  },
  {
    name: 'kb_answer',
    perDay: 3,
    problem: 'cacheable_prefix',
    note: 'house rules of about 3,000 tokens before every question, never read from a cache',
    visit: kbAnswer,
  },
  {
    name: 'translate_macro',
    perDay: 16,
    problem: 'duplicate_calls',
    note: 'nearly half of the calls translate one of eight saved replies again',
    visit: translateMacro,
  },
  {
    name: 'onboarding_plan',
    perDay: 2,
    problem: null,
    note: 'long shared rules, but read from the cache',
    visit: onboardingPlan,
  },
  {
    name: 'rewrite_tone',
    perDay: 12,
    problem: null,
    note: 'answers as long as what they rewrite, from a cheap model',
    visit: rewriteTone,
  },
  { name: 'search_help', perDay: 18, problem: null, note: 'embeddings of search words', visit: searchHelp },
];
