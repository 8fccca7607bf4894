import { isDeepStrictEqual } from 'node:util';
import type { RunRecord } from '../record/read.ts';
import { type RecordedCall, storyOf } from '../record/story.ts';
import type { QueryAnswer } from '../recorded-source.ts';
import { textDiff } from '../replay/text-diff.ts';
import { type Both, both, windowOf } from './read.ts';
import { type Change, changesBetween } from './values.ts';

/** A query that is another one in the other run, or gives something else. */
export interface QueryChange {
  kind: 'changed' | 'new' | 'gone';
  step: number;
  tool: string;
  name: string;
  /** Lines of the HogQL that differ; empty where it is the same. */
  sql: string;
  /** Bound values that differ. */
  values: Change[];
  rows: Both<number | null>;
  /** Whether it gave other rows: their order and the last digits of figures aside. */
  answer: 'same' | 'another';
  error: Both<string | null>;
}

type Event = RecordedCall['queries'][number];

interface Asked {
  record: RunRecord;
  event: Event;
}

/** Queries are known by step, tool and name; of those that share them, the same ones belong together, then the others in order. */
export function queryChanges(runs: Both<RunRecord>): QueryChange[] {
  const { before, after } = both(runs, queriesOf);
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys
    .flatMap((key) => pairs(before.get(key) ?? [], after.get(key) ?? []))
    .flatMap((pair) => changeOf(pair) ?? [])
    .sort((a, b) => a.step - b.step);
}

/** By the place in the runbook, in which steps are known by id: another step before them changes their numbers. */
function queriesOf(record: RunRecord): Map<string, Asked[]> {
  const byPlace = new Map<string, Asked[]>();
  for (const { id, calls } of storyOf(record))
    for (const event of calls.flatMap(({ queries }) => queries)) {
      const key = JSON.stringify([id, event.tool, event.name]);
      byPlace.set(key, [...(byPlace.get(key) ?? []), { record, event }]);
    }
  return byPlace;
}

type Pair = { before?: Asked | undefined; after?: Asked | undefined };

function pairs(before: readonly Asked[], after: readonly Asked[]): Pair[] {
  const rest = [...after];
  const found = before.map((one): Pair => {
    const at = rest.findIndex(({ event }) => event.request === one.event.request);
    return { before: one, after: at < 0 ? undefined : rest.splice(at, 1)[0] };
  });
  for (const pair of found) pair.after ??= rest.shift();
  return [...found, ...rest.map((one) => ({ after: one }))];
}

function changeOf({ before, after }: Pair): QueryChange | undefined {
  const event = after?.event ?? before?.event;
  if (!event) return undefined;
  const { step, tool, name } = event;
  const rows = { before: before?.event.rows ?? null, after: after?.event.rows ?? null };
  const error = { before: before?.event.error ?? null, after: after?.event.error ?? null };
  const place = { step, tool, name, rows, error };
  if (!before || !after) return { kind: before ? 'gone' : 'new', ...place, sql: '', values: [], answer: 'another' };
  const asked = both({ before, after }, requestOf);
  const sql = textChange(`${asked.before.sql}\n`, `${asked.after.sql}\n`);
  const values = changesBetween(asked.before.values, asked.after.values);
  const answer = isSameAnswer(before, after) ? 'same' : 'another';
  const isSame = sql === '' && values.length === 0 && answer === 'same' && error.before === error.after;
  return isSame ? undefined : { kind: 'changed', ...place, sql, values, answer };
}

/** A bound instant that is an end of the run's window is called so: another window is one change, not one of every query. */
function requestOf({ record, event }: Asked): { sql: string; values: Record<string, unknown> } {
  const { sql, values } = record.payloads.getJson(event.request) as { sql: string; values: Record<string, unknown> };
  const window = windowOf(record);
  const named = (value: unknown) =>
    window === undefined ? value : value === window.from ? '{from}' : value === window.to ? '{to}' : value;
  return { sql, values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, named(value)])) };
}

export function textChange(before: string, after: string): string {
  return before === after ? '' : textDiff(Buffer.from(before), Buffer.from(after));
}

function isSameAnswer(before: Asked, after: Asked): boolean {
  if (before.event.answer === after.event.answer) return true;
  return isDeepStrictEqual(answerOf(before), answerOf(after));
}

function answerOf({ record, event }: Asked): unknown {
  const answer = record.payloads.getJson(event.answer) as QueryAnswer;
  if (answer.kind === 'failure') return answer;
  const { columns, rows, hasMore } = answer.result;
  return { columns, hasMore, rows: rows.map((row) => JSON.stringify(row, rounded)).sort() };
}

/** Digits that count: sums depend on the order in which an engine adds. */
const DIGITS = 9;
const NOISELESS = 12;

function rounded(_key: string, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  // Noise first: a sum that ends on a five would be rounded up or down by its last bit.
  return Number(Number(value.toPrecision(NOISELESS)).toPrecision(DIGITS));
}
