import type { Artifacts } from './artifacts.ts';
import { dataFile, near } from './data-files.ts';

/** Where the report's figures were gathered. */
export const VIEW = 'data/report_view.json';

/**
 * Where data/report_view.json differs from what the data files give: one of them was changed after the report was written.
 * Keys that only one of them has are of another version.
 * @param computed the file as the data files give it
 */
export function viewFaults(artifacts: Artifacts, computed: string | undefined): string[] {
  const view = dataFile(artifacts, VIEW);
  if (view === undefined || computed === undefined) return [];
  const place = difference(view, JSON.parse(computed), '');
  return place === undefined ? [] : [`${VIEW}: ${place} is not what the other data files give`];
}

/** The first place where two values differ, as a path. */
function difference(a: unknown, b: unknown, place: string): string | undefined {
  if (typeof a === 'number' && typeof b === 'number') return near(a, b) ? undefined : place;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b ? undefined : place;
  if (Array.isArray(a) !== Array.isArray(b) || (Array.isArray(a) && Array.isArray(b) && a.length !== b.length))
    return place;
  const other = new Map(Object.entries(b));
  for (const [key, value] of Object.entries(a)) {
    const found = other.has(key)
      ? difference(value, other.get(key), place === '' ? key : `${place}.${key}`)
      : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
