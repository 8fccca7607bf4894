/** Characters that are not seen and can hide or turn text. */
const UNSEEN = /[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** A tool's result as one line of JSON, as a model may read it: nothing hides in it, and no text inside it can look like its end. */
export function dataLine(output: unknown): string {
  return JSON.stringify(output).replace(UNSEEN, '');
}
