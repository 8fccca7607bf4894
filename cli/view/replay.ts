import type { RunRecord } from '../../agent/record/read.ts';
import type { Deviation } from '../../agent/replay/driver.ts';
import type { ReplayOutcome } from '../../agent/replay/replay.ts';
import { textDiff } from '../../agent/replay/text-diff.ts';

/** A replay for people: what is as it was, and for the rest what differs, where it came up first, and why. */
export function replayText({ started }: RunRecord, outcome: ReplayOutcome): string {
  const { steps, identical, changes, deviations, elapsed_s: elapsed } = outcome;
  const part = steps.from === steps.to ? `step ${steps.to}` : `steps ${steps.from} to ${steps.to}`;
  const seconds = (value: number) => `${value.toFixed(1)} s`;
  const head = `Replay of ${started.run}: ${part}${outcome.graded ? ' and the grading' : ''}, ${seconds(elapsed.now)} (the run took ${seconds(elapsed.recorded)})`;
  const files = `${identical.length} of ${identical.length + changes.length} artifacts are identical`;
  if (changes.length === 0 && deviations.length === 0) return `${head}\n${files}\n`;
  return [
    head,
    files,
    ...deviations.map(deviationText),
    ...changes.map(({ path, step, kind, diff }) => {
      const place = step === null ? 'the replay' : `step ${step}`;
      return `\n${path} is ${WORDS[kind]}, first at the end of ${place}${diff === '' ? '' : `\n${indented(diff)}`}`;
    }),
    '',
  ].join('\n');
}

const WORDS = { changed: 'another', missing: 'missing', new: 'new' } as const;

function deviationText(deviation: Deviation): string {
  const what =
    deviation.kind === 'text'
      ? 'its text is rendered otherwise'
      : `call ${deviation.call} (${deviation.tool}) gives something else`;
  return `\nStep ${deviation.step}: ${what}\n${indented(textDiff(asText(deviation.recorded), asText(deviation.now)))}`;
}

function asText(value: unknown): Buffer {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value, null, 2));
}

function indented(text: string): string {
  return text.replace(/^/gmu, '    ');
}
