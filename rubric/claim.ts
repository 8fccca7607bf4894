import { truncate } from '../lib/format.ts';
import type { Artifacts } from './artifacts.ts';
import type { Expected } from './expected.ts';
import { type Figure, shows } from './figures.ts';
import type { KnownValues } from './known-values.ts';
import type { Scope } from './structure.ts';

export type ClaimKind =
  | 'trace'
  | 'usd'
  | 'percent'
  | 'count'
  | 'tokens'
  | 'latency'
  | 'date'
  | 'model'
  | 'operation'
  | 'excerpt'
  /** What a sentence says without a figure. */
  | 'statement'
  /** A whole line or cell that the report's template computes. */
  | 'computed';

/** One thing that the report says and that the data can answer for. */
export interface Claim {
  file: string;
  line: number;
  kind: ClaimKind;
  /** As written; its beginning where it is long. */
  text: string;
  scope: Scope;
  /** `contradicted`: it stands for a known value and differs; `unsupported`: no data file holds it. */
  status: 'verified' | 'contradicted' | 'unsupported';
  /** It holds as a stated sum, share or difference of values, and not as one of them. */
  derived: boolean;
  /** Empty where it is verified. */
  reason: string;
}

/** What a claim is checked against. */
export interface Ground {
  file: string;
  artifacts: Artifacts;
  known: KnownValues;
}

/** A figure, and the line that it stands on. */
export interface LineFigure extends Figure {
  line: number;
}

/** Ids and names may be of any length. */
const SHOWN = 160;

type Place = { scope: Scope };

/** Why a claim does not hold; null where it does. */
export type Failure = { status: 'contradicted' | 'unsupported'; reason: string } | null;

export function claim(
  ground: Ground,
  place: Place,
  outcome: Pick<Claim, 'kind' | 'text' | 'line'> & {
    failure: Failure;
    derived?: boolean;
  },
): Claim {
  const { kind, text, line, failure, derived = false } = outcome;
  const { status, reason } = failure ?? { status: 'verified' as const, reason: '' };
  const shown = { text: truncate(text, SHOWN), reason: truncate(reason, 2 * SHOWN) };
  return { file: ground.file, line, kind, scope: place.scope, status, derived, ...shown };
}

/** A claim as one line for people, with the place where it stands. */
export function claimLine({ file, line, text, reason }: Pick<Claim, 'file' | 'line' | 'text' | 'reason'>): string {
  return `${file}:${line}: ${JSON.stringify(text)}: ${reason}`;
}

/** A figure against the few values that it can stand for where it is. */
export function bound(ground: Ground, place: Place, figure: LineFigure, expected: Expected): Claim {
  const ok = expected.values.some((value) => shows(figure, value));
  const reason = `${expected.what} says ${expected.values.slice(0, 3).map(written).join(' or ')}`;
  const failure = ok ? null : ({ status: 'contradicted', reason } as const);
  return claim(ground, place, { kind: kindOf(figure), text: figure.text, line: figure.line, failure });
}

export function unsupported(reason: string): { status: 'unsupported'; reason: string } {
  return { status: 'unsupported', reason };
}

export function kindOf(figure: Figure): ClaimKind {
  return figure.unit === 'plain' ? 'count' : figure.unit;
}

/** In a table, nothing and everything need no source. */
export function isTrivial(figure: Figure): boolean {
  return figure.value === 0 || (figure.unit === 'percent' && figure.value === 1);
}

function written(value: number): string {
  return String(Number(value.toPrecision(10)));
}
