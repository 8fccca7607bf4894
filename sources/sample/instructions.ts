import { Random } from './random.ts';
import { ADVICE, REASONS, SUBJECTS, TROUBLES } from './words.ts';

export const SUPPORT =
  'You are the support assistant of Fernhill, a help desk for small companies. Be brief, polite and exact. ' +
  'Never invent a setting, a price or a date. Where you are not sure, say so and offer to pass the case on to a colleague.';

export const SUMMARY =
  'Summarise the thread for the agent who takes over: what the customer wants, what was tried, what is open. ' +
  'Use plain sentences, name dates and amounts, leave out greetings.';

export const REFUNDS =
  'You decide refunds for Fernhill. Look up the order and its payments with the tools, check the refund rules, and answer the ' +
  'customer. Refunds within 30 days are granted; later ones need the approval of a manager. Never state an amount that no tool returned.';

export const TONE = 'Rewrite the reply in a warmer tone. Keep every fact, every number and the order of the steps.';

/** The house rules that go before every question; the same text on every call. */
function houseRules(title: string, seed: number, count: number): string {
  const random = new Random(seed);
  const rules = Array.from({ length: count }, (_, i) => {
    const subject = random.pick(SUBJECTS);
    return random.pick([
      `${i + 1}. If ${subject} ${random.pick(TROUBLES)}: ${random.pick(ADVICE)}.`,
      `${i + 1}. Explain that ${subject} ${random.pick(TROUBLES)} ${random.pick(REASONS)}, and do not promise a date.`,
      `${i + 1}. Questions about ${subject} on the Free plan get the link to article ${random.integer(100, 999)}; on the Team plan, ${random.pick(ADVICE).toLowerCase()}.`,
      `${i + 1}. Refunds for ${subject} above ${random.integer(4, 90) * 10} euros go to the billing team with the case number.`,
    ]);
  });
  return `${title}\n\n${rules.join('\n')}`;
}

/** About 3,000 tokens. */
export const KNOWLEDGE_BASE = houseRules(
  'You answer questions from the public help centre of Fernhill. House rules:',
  11,
  100,
);

/** About 2,400 tokens. */
export const ONBOARDING = houseRules('You plan the first week of a new Fernhill workspace. What to consider:', 12, 80);
