import { isDeepStrictEqual } from 'node:util';

/** A value that is another one. */
export interface Change {
  name: string;
  /** Null where it was not there. */
  before: unknown;
  after: unknown;
}

/** What differs between two sets of named values, in order of their names. */
export function changesBetween(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.sort().flatMap((name) => {
    const change = { name, before: before[name] ?? null, after: after[name] ?? null };
    return isDeepStrictEqual(change.before, change.after) ? [] : [change];
  });
}
