import { z } from 'zod';

export interface Position {
  start: number;
  end: number;
}

/** PostHog adds the editor's diagnosis to refusals of HogQL; offsets count characters of the query sent. */
const diagnosis = z.object({
  extra: z.object({
    hogql_metadata: z.object({
      errors: z.array(z.object({ start: z.number().int().nonnegative(), end: z.number().int().nonnegative() })).min(1),
    }),
  }),
});

const LINE = /\bline (\d+),? column (\d+)/iu;
const NAMED = /\b(?:field|table|function(?: call)?|column|identifier|placeholder):? [`'"{]*([A-Za-z_$][\w$.]*)/iu;

/** Where in the query the refusal points to: what PostHog says, else the only place of the name it mentions. */
export function positionOf(body: unknown, detail: string, sql: string): Position | undefined {
  return saidBy(body, sql) ?? lineAndColumn(detail, sql) ?? onlyPlace(detail, sql);
}

function saidBy(body: unknown, sql: string): Position | undefined {
  const [first] = diagnosis.safeParse(body).data?.extra.hogql_metadata.errors ?? [];
  return first && first.start <= first.end && first.end <= sql.length
    ? { start: first.start, end: first.end }
    : undefined;
}

/** Lines count from 1, columns from 0, as the grammar's tool counts them. */
function lineAndColumn(detail: string, sql: string): Position | undefined {
  const match = LINE.exec(detail);
  if (!match) return undefined;
  const before = sql.split('\n').slice(0, Number(match[1]) - 1);
  const start = before.reduce((sum, line) => sum + line.length + 1, 0) + Number(match[2]);
  return start <= sql.length ? { start, end: Math.min(sql.length, start + 1) } : undefined;
}

function onlyPlace(detail: string, sql: string): Position | undefined {
  const name = NAMED.exec(detail)?.[1]?.replace(/\.$/u, '');
  if (!name) return undefined;
  const word = new RegExp(`(?<![\\w$])${name.replaceAll(/[.$]/gu, '\\$&')}(?![\\w$])`, 'gu');
  const [match, ...others] = sql.matchAll(word);
  return match && others.length === 0 ? { start: match.index, end: match.index + name.length } : undefined;
}
