import { withoutUnseen } from '../lib/unseen.ts';

/** Characters that JSON leaves as they are and that some readers take for the end of a line. */
const LINE_ENDS = /[\u007f-\u009f\u2028\u2029]/gu;

/**
 * A tool's result as one line of JSON, as a model may read it: nothing hides in it, and no text inside it can look like its end.
 * @param scrub takes secrets out, after unseen characters are gone: a secret could be split by them
 */
export function dataLine(output: unknown, scrub: (value: unknown) => unknown = (value) => value): string {
  const line = JSON.stringify(scrub(seen(output))) ?? 'null';
  return line.replace(LINE_ENDS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same between the marks that the system prompt speaks of. */
export function dataBlock(output: unknown, scrub?: (value: unknown) => unknown): string {
  return marked(dataLine(output, scrub));
}

/** A line of `dataLine` between the marks. */
export function marked(line: string): string {
  return `DATA\n${line}\nEND OF DATA`;
}

/** A JSON value without the characters that are not seen, in every string of it. */
export function seen(value: unknown): unknown {
  if (typeof value === 'string') return withoutUnseen(value);
  if (Array.isArray(value)) return value.map(seen);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [withoutUnseen(key), seen(item)]));
}
