import { moments } from './clock.ts';
import type { Call } from './event.ts';
import { UNLISTED } from './models.ts';
import { newTrace, ordinarySizes, PREMIUM, plain, type Shape, type Site, turn } from './site.ts';
import { report } from './text.ts';

interface Task {
  instruction: string;
  answers: readonly string[];
}

/** Every call gives one of a few short answers. */
export function closedTask(site: Site, task: Task, planted: boolean): Call[] {
  const { r, theme, clock, calls } = site;
  const size = r.integer(90, 600);
  return moments(r, clock, calls).map((at) => {
    const call = turn(site, {
      trace: newTrace(site),
      user: r.pick(site.users),
      at,
      messages: [
        { role: 'system', text: task.instruction },
        { role: 'user', text: report(r, theme, r.around(size, 0.4)) },
      ],
      text: r.pick(task.answers),
    });
    return planted ? { ...call, planted: true } : call;
  });
}

export function labelTask(site: Site): Task {
  const labels = site.theme.labels;
  return { instruction: `Classify the message. Answer with exactly one of: ${labels.join(', ')}.`, answers: labels };
}

function misuse(name: string, task: (site: Site) => Task): Shape {
  return { name, models: PREMIUM, calls: [300, 1500], build: (site) => closedTask(site, task(site), true) };
}

export const MODEL_MISUSE: readonly Shape[] = [
  misuse('one_word_label', labelTask),
  misuse('yes_or_no', () => ({
    instruction: 'Does the text ask for money back? Answer yes or no, nothing else.',
    answers: ['yes', 'no', 'no', 'no'],
  })),
  misuse('score_of_one_digit', () => ({
    instruction: 'Rate the urgency of the text from 1 to 5. Answer with the digit only.',
    answers: ['1', '2', '2', '3', '4', '5'],
  })),
  misuse('tiny_json', (site) => ({
    instruction: `Return JSON {"intent": …} with one of: ${site.theme.labels.join(', ')}.`,
    answers: site.theme.labels.map((intent) => JSON.stringify({ intent })),
  })),
];

export const UNPRICED_MODEL: readonly Shape[] = [
  {
    name: 'every_call_on_an_unlisted_model',
    models: UNLISTED,
    calls: [60, 1200],
    build(site) {
      const sizes = ordinarySizes(site.r);
      return moments(site.r, site.clock, site.calls).map((at) => ({ ...plain(site, at, sizes), planted: true }));
    },
  },
  {
    name: 'a_share_of_calls_on_an_unlisted_model',
    models: PREMIUM,
    calls: [120, 900],
    intensity: [0.25, 0.6],
    build(site) {
      const { r } = site;
      const sizes = ordinarySizes(r);
      const unlisted = r.pick(UNLISTED);
      return moments(r, site.clock, site.calls).map((at) => {
        const call = plain(site, at, sizes);
        return r.chance(site.intensity) ? { ...call, model: unlisted, planted: true } : call;
      });
    },
  },
];
