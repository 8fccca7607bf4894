import type { Random } from './random.ts';

const SUBJECTS = [
  'the March invoice',
  'my annual plan',
  'the CSV export',
  'two-factor login',
  'the Slack integration',
  'our shared inbox',
  'the webhook retries',
  'the mobile app',
  'the usage report',
  'our SSO settings',
  'the refund',
  'the trial extension',
];
const TROUBLES = [
  'shows the wrong amount',
  'stopped working since Tuesday',
  'asks for a card that expired',
  'is missing three customers',
  'times out after a minute',
  'was charged twice',
  'cannot be found in the settings',
  'sends every message twice',
  'ends with an error 403',
  'is in the wrong time zone',
];
const CLOSINGS = [
  'Can you look into it today?',
  'We have a review on Friday.',
  'A colleague saw the same.',
  'It worked last week.',
  'Please tell us what to change.',
  'Our account id is in the signature.',
];
const ADVICE = [
  'Open Settings, then Billing, and choose the plan that is marked as current.',
  'We have corrected the entry and the change shows within an hour.',
  'Please remove the old connection first and then connect the account again.',
  'The export runs in the background and arrives by e-mail when it is done.',
  'Your administrator can grant the missing permission under Team.',
  'The charge was a pre-authorisation and will be released by your bank.',
];

/** A customer's message of about the given number of tokens (four characters each). */
export function question(random: Random, tokens: number): string {
  return grow(
    tokens,
    () =>
      `Hello, ${random.pick(SUBJECTS)} ${random.pick(TROUBLES)}. ${random.pick(CLOSINGS)} Reference ${random.integer(10_000, 999_999)}.`,
  );
}

/** An agent's answer of about the given number of tokens, ending as sentences do. */
export function reply(random: Random, tokens: number): string {
  return grow(
    tokens,
    () => `${random.pick(ADVICE)} This concerns ${random.pick(SUBJECTS)}, case ${random.integer(100, 9999)}.`,
  );
}

/** A help-centre article, different each time. */
export function article(random: Random, tokens: number): string {
  return grow(
    tokens,
    () =>
      `Article ${random.integer(100, 9999)}: ${random.pick(SUBJECTS)} ${random.pick(TROUBLES)}. ${random.pick(ADVICE)}`,
  );
}

function grow(tokens: number, sentence: () => string): string {
  const parts: string[] = [];
  let length = 0;
  do {
    const next = sentence();
    parts.push(next);
    length += next.length + 1;
  } while (length < tokens * 4);
  return parts.join(' ');
}
