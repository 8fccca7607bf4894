import { withoutUnseen } from '../lib/unseen.ts';

/** Control characters but the line feed: a terminal obeys them. */
const CONTROLS = /(?:(?!\n)\p{Cc})+/gu;

/** A text that a terminal shows and does not obey: messages may quote what servers, files or traces say. */
export function printable(text: string): string {
  return withoutUnseen(text.replace(CONTROLS, ' '));
}

/** Every string of a value, printable and on one line. */
export function printableValue<T>(value: T): T {
  return walk(value) as T;
}

function walk(value: unknown): unknown {
  if (typeof value === 'string') return printable(value).replaceAll('\n', ' ');
  if (Array.isArray(value)) return value.map(walk);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item)]));
}
