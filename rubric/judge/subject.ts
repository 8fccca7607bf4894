import { readText } from '../artifacts.ts';

/** What is graded, where a runbook says what it is for. */
export interface Subject {
  title: string;
  description: string;
  /** The texts that a judge reads, in order; relative to the results dir. */
  files: readonly string[];
}

/** The texts of a results dir as one; several stand below their names. What is missing is left out. */
export function subjectText(dir: string, files: readonly string[]): string {
  const texts = files
    .map((file) => ({ file, text: readText(dir, file).value ?? '' }))
    .filter(({ text }) => text !== '');
  if (files.length === 1) return texts[0]?.text ?? '';
  return texts.map(({ file, text }) => `===== ${file} =====\n\n${text}`).join('\n\n');
}
