import { oneLine } from '../lib/format.ts';

/** Ids and names as they stand in a code span of a report: one line, without characters that would end it. */
export function traceKey(id: string): string {
  return squeezed(id).replaceAll('`', 'ʼ').replaceAll('|', '¦');
}

/** On one line, as reports write it; broken characters as a Markdown file holds them. */
export function squeezed(text: string): string {
  return oneLine(text)
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    .trim();
}
