import type { Artifacts } from './artifacts.ts';
import { squeezed, traceKey } from './keys.ts';
import { isEvidence, isHearsay } from './sources.ts';

export type Side = 'input' | 'output';

/** Texts that were stored of traces. */
export interface KnownExcerpts {
  /**
   * `known`: it stands in one text of that trace and side, with what is left out marked; `elsewhere`: in another one; `none`: nowhere.
   * Without a trace or a side any will do.
   */
  find(text: string, where: { trace: string | null; side: Side | null }): 'known' | 'elsewhere' | 'none';
}

interface Stored {
  trace: string | null;
  side: Side | null;
  text: string;
  /** Without marks of omission. */
  bare: string;
}

const TEXT_KEY = /excerpt|message|output|input|content|text/iu;
const SIDE: [RegExp, Side][] = [
  [/input/iu, 'input'],
  [/output/iu, 'output'],
];
/** Repeats the excerpts of other files. */
const COPIES = 'data/report_view.json';
/** Shorter pieces occur in any text. */
const SHORTEST_PIECE = 12;
/** Fewer characters than this are a word: leaving one out turns a sentence round. */
const SHORTEST_GAP = 12;
const OMISSION = /…|\.{3,}|\[cut\]/u;

/** @param outputs data files that the runbook declares beside the contract's */
export function knownExcerpts(artifacts: Artifacts, outputs: readonly string[] = []): KnownExcerpts {
  const stored: Stored[] = [];
  for (const { file, value } of artifacts.data) {
    if (isEvidence(file, outputs) && !isHearsay(file) && file !== COPIES)
      collect(stored, value, { key: '', trace: null });
  }
  return {
    find(text, { trace, side }) {
      const pieces = piecesOf(text);
      if (pieces.length === 0) return 'known';
      const whole = squeezed(text);
      const found = stored.filter((one) => isWithin(whole, one.text) || holds(one, pieces));
      const id = trace === null ? null : traceKey(trace);
      const named = stored.some((one) => one.trace === id && one.side !== null) ? id : null;
      const fits = (one: Stored) =>
        (named === null || one.trace === named) && (side === null || one.side === null || one.side === side);
      return found.some(fits) ? 'known' : found.length > 0 ? 'elsewhere' : 'none';
    },
  };
}

function collect(stored: Stored[], value: unknown, place: { key: string; trace: string | null }): void {
  if (typeof value === 'string') {
    if (value === '' || !TEXT_KEY.test(place.key)) return;
    const side = SIDE.find(([key]) => key.test(place.key))?.[1] ?? null;
    const text = squeezed(value);
    stored.push({ trace: place.trace, side, text, bare: piecesOf(text).join(' ') });
  } else if (Array.isArray(value)) for (const item of value) collect(stored, item, place);
  else if (typeof value === 'object' && value !== null) {
    const own = (value as Record<string, unknown>).trace_id;
    const trace = typeof own === 'string' && own !== '' ? traceKey(own) : place.trace;
    for (const [key, inner] of Object.entries(value)) collect(stored, inner, { key, trace });
  }
}

/** A quoted text without its marks of omission, piece by piece. */
function piecesOf(text: string): string[] {
  return text
    .split(OMISSION)
    .map(squeezed)
    .filter((piece) => piece !== '');
}

/** To the letter: what is left out in the stored text is left out here, too. */
function isWithin(whole: string, text: string): boolean {
  return text === whole || (whole.length >= SHORTEST_PIECE && text.includes(whole));
}

function holds({ text, bare }: Stored, pieces: readonly string[]): boolean {
  if (pieces.length === 1 && bare === pieces[0]) return true;
  let from = 0;
  for (const [order, piece] of pieces.entries()) {
    if (piece.length < SHORTEST_PIECE) return false;
    const at = text.indexOf(piece, from);
    if (at < 0) return false;
    const gap = text.slice(from, at);
    if (order > 0 && gap.length < SHORTEST_GAP && !OMISSION.test(gap)) return false;
    from = at + piece.length;
  }
  return true;
}
