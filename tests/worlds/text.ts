import type { Random } from './random.ts';

/** The vocabulary of one trade; every sentence of an operation speaks of its trade. */
export interface Theme {
  who: readonly string[];
  what: readonly string[];
  trouble: readonly string[];
  advice: readonly string[];
  labels: readonly string[];
}

export const THEMES: readonly Theme[] = [
  {
    who: [
      'the buyer',
      'our Lyon store',
      'a wholesale client',
      'the courier',
      'Ms Okafor',
      'the returns desk',
      'a guest shopper',
    ],
    what: [
      'the linen order',
      'parcel 3 of 4',
      'the gift card',
      'the size exchange',
      'an unpaid invoice',
      'the loyalty credit',
      'the pre-order',
    ],
    trouble: [
      'arrived with a torn box',
      'was scanned twice in Rotterdam',
      'shows the old price',
      'has no tracking entry since Monday',
      'was refunded in the wrong currency',
      'cannot be cancelled in the app',
    ],
    advice: [
      'offer a replacement from the nearest store',
      'refund the shipping fee and apologise once',
      'open a claim with the carrier within five days',
      'move the voucher to the new account',
      'ask for a photo of the label before anything else',
    ],
    labels: ['delivery', 'refund', 'payment', 'sizing', 'other'],
  },
  {
    who: [
      'the lessee',
      'counsel for the vendor',
      'the guarantor',
      'Brandt & Sohn',
      'the escrow agent',
      'the notary',
      'the second witness',
    ],
    what: [
      'clause 14.2',
      'the indemnity schedule',
      'the notice period',
      'annex C',
      'the earn-out table',
      'the non-compete',
      'the governing-law section',
    ],
    trouble: [
      'conflicts with the side letter of May',
      'omits the cap that was agreed',
      'refers to a defined term that is never defined',
      'was initialled on the wrong page',
      'survives termination without limit',
      'was struck out in the third draft',
    ],
    advice: [
      'restore the wording of the second draft',
      'limit the liability to twelve monthly fees',
      'ask the other side to confirm in writing',
      'number the annexes again and cross-check them',
      'leave the sentence and add a carve-out for fraud',
    ],
    labels: ['liability', 'termination', 'payment', 'confidentiality', 'none'],
  },
  {
    who: [
      'the ingest worker',
      'node eu-3',
      'the billing cron',
      'the checkout service',
      'the on-call engineer',
      'a canary pod',
      'the search replica',
    ],
    what: [
      'the connection pool',
      'migration 0142',
      'the disk queue',
      'the TLS certificate',
      'the feature flag',
      'a stale lease',
      'the retry budget',
    ],
    trouble: [
      'was exhausted at 03:12',
      'took a lock for nine minutes',
      'grew past eighty percent',
      'expired without an alert',
      'was flipped in the wrong project',
      'never released after the restart',
    ],
    advice: [
      'drain the node and let the scheduler move the pods',
      'roll back to the last green build',
      'raise the limit and add an alert at seventy percent',
      'split the migration into two steps',
      'page the owning team and note the time',
    ],
    labels: ['network', 'storage', 'deploy', 'security', 'noise'],
  },
  {
    who: [
      'the patient',
      'Dr Anand',
      'the night nurse',
      'reception',
      'the referring practice',
      'a parent',
      'the physiotherapist',
    ],
    what: [
      'the follow-up visit',
      'the blood panel',
      'the repeat prescription',
      'the MRI slot',
      'the insurance form',
      'the vaccination record',
      'the sick note',
    ],
    trouble: [
      'was booked for the wrong branch',
      'is missing a signature',
      'was sent to the old address',
      'clashes with the fasting test',
      'has not been approved by the insurer',
      'was entered under a similar name',
    ],
    advice: [
      'call before noon and offer the Thursday clinic',
      'print the form again and have it countersigned',
      'move the appointment and tell the ward',
      'check the date of birth before reading anything out',
      'ask the insurer for the reference number',
    ],
    labels: ['booking', 'prescription', 'results', 'insurance', 'complaint'],
  },
  {
    who: [
      'the group leader',
      'the hotel in Porto',
      'a late passenger',
      'the tour desk',
      'the rail partner',
      'two families',
      'the visa office',
    ],
    what: [
      'the sleeper cabin',
      'the half-board rate',
      'the transfer at dawn',
      'the city tax',
      'a lost passport copy',
      'the ferry voucher',
      'the deposit',
    ],
    trouble: [
      'was overbooked by one room',
      'does not match the itinerary',
      'leaves before the flight lands',
      'was charged on arrival again',
      'needs a new reference',
      'falls on a public holiday',
    ],
    advice: [
      'rebook on the 14:05 and keep the seats together',
      'waive the change fee once',
      'send the voucher again with both names',
      'hold the room until six and confirm by text',
      'offer the partner hotel with breakfast',
    ],
    labels: ['booking', 'change', 'refund', 'complaint', 'praise'],
  },
];

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'];
const NAMES = ['Iva', 'Jonas', 'Mei', 'Tariq', 'Lucía', 'Oskar', 'Nadia', 'Piotr', 'Amara', 'Hugo', 'Sofie', 'Ren'];

type Sentence = (r: Random, t: Theme) => string;

const REPORTS: readonly Sentence[] = [
  (r, t) => `On ${r.pick(DAYS)} ${r.pick(t.who)} wrote that ${r.pick(t.what)} ${r.pick(t.trouble)}.`,
  (r, t) =>
    `${r.pick(NAMES)} checked ${r.pick(t.what)} at ${r.integer(7, 19)}:${r.integer(10, 59)} and found that it ${r.pick(t.trouble)}.`,
  (r, t) => `Reference ${r.integer(10_000, 999_999)}: ${r.pick(t.what)} ${r.pick(t.trouble)}, says ${r.pick(t.who)}.`,
  (r, t) => `There were ${r.integer(2, 48)} similar cases this quarter, most of them about ${r.pick(t.what)}.`,
  (r, t) => `After ${r.integer(2, 30)} days ${r.pick(t.who)} asked again whether ${r.pick(t.what)} would be settled.`,
  (r, t) => `The amount in question is ${r.integer(12, 4800)}.${r.integer(10, 99)} and concerns ${r.pick(t.what)}.`,
];

const ANSWERS: readonly Sentence[] = [
  (r, t) => `Since ${r.pick(t.what)} ${r.pick(t.trouble)}, the best course is to ${r.pick(t.advice)}.`,
  (r, t) => `For case ${r.integer(100, 99_999)} please ${r.pick(t.advice)}.`,
  (r, t) => `${r.pick(NAMES)} has already told ${r.pick(t.who)}, so you only need to ${r.pick(t.advice)}.`,
  (r, t) => `If that is not possible by ${r.pick(DAYS)}, ${r.pick(t.advice)}.`,
  (r, t) => `This keeps ${r.pick(t.what)} in order and costs about ${r.integer(5, 180)} minutes.`,
];

const RULES: readonly Sentence[] = [
  (r, t) => `When ${r.pick(t.what)} ${r.pick(t.trouble)}, ${r.pick(t.advice)}.`,
  (r, t) =>
    `Never promise ${r.pick(t.who)} anything about ${r.pick(t.what)} without approval of level ${r.integer(1, 4)}.`,
  (r, t) => `Amounts above ${r.integer(50, 900)} go to ${r.pick(NAMES)}; below that, ${r.pick(t.advice)}.`,
];

function grow(tokens: number, sentence: () => string, joint = ' '): string {
  let text = sentence();
  while (text.length < tokens * 4) text += joint + sentence();
  return text;
}

/** What users and documents say, about the given number of tokens (four characters each). */
export function report(r: Random, theme: Theme, tokens: number): string {
  return grow(tokens, () => r.pick(REPORTS)(r, theme));
}

/** What a model answers; ends as sentences do. */
export function answer(r: Random, theme: Theme, tokens: number): string {
  return grow(tokens, () => r.pick(ANSWERS)(r, theme));
}

/** A rule book for a system prompt. */
export function rules(r: Random, theme: Theme, tokens: number): string {
  let number = 0;
  return grow(
    tokens,
    () => {
      number += 1;
      return `${number}. ${r.pick(RULES)(r, theme)}`;
    },
    '\n',
  );
}

/** A text that stops in the middle of a word, as at an output limit. */
export function cut(r: Random, text: string): string {
  const words = text.split(' ');
  const kept = words.slice(0, Math.max(3, words.length - r.integer(3, 6)));
  const last = (kept.pop() ?? 'the').replace(/[^\p{L}\p{N}]/gu, '');
  return [...kept, last.slice(0, Math.max(1, last.length - 1)) || 'th'].join(' ');
}

/** Four characters a token, scaled by how wordy the tokenizer is. */
export function tokensOf(text: string, factor = 1): number {
  return Math.max(1, Math.round((text.length / 4) * factor));
}
