import type { CodeBlock } from './markdown.ts';
import type { DataRecommendation, Pair } from './part-gaps.ts';
import { names, wordsOf } from './passage.ts';
import { fieldOf } from './plan.ts';
import type { ReportRecommendation, ScopedBlock } from './structure.ts';

/** What a measurement plan does not take from the data: the metric, a target that is a figure, and a query that measures them. */
export function planGaps({ own, data }: Pair): string[] {
  if (own.parts.measure === undefined) return [];
  const gaps = [metric(own, data), target(own, data), verify(own), ...queries(own, data)];
  return gaps.flatMap((gap) => (gap === null ? [] : [`line ${own.parts.measure}: priority ${own.priority}: ${gap}`]));
}

function metric({ plan }: ReportRecommendation, { metric: wanted }: DataRecommendation): string | null {
  if (!plan.metric || typeof wanted !== 'string') return null;
  const said = plan.metric.text;
  const absent = wordsOf(wanted)
    .split(' ')
    .filter((word) => word.length > 2 && !names(said, word));
  return absent.length === 0 ? null : `the metric is ${JSON.stringify(wanted)}`;
}

function target(
  { plan }: ReportRecommendation,
  { target: words, target_value: value }: DataRecommendation,
): string | null {
  const wanted = value ?? words;
  if (!plan.target || !/\d/u.test(String(wanted ?? '')) || /\d/u.test(plan.target.text)) return null;
  return `the target is ${String(wanted)}`;
}

/** The line that says how to verify says it in words, whatever query follows. */
function verify({ blocks }: ReportRecommendation): string | null {
  const lines = measure(blocks).flatMap((block) => (block.kind === 'text' ? block.lines : []));
  const label = lines.find(({ text }) => fieldOf(text.split(':', 1)[0] ?? '') === 'verify');
  if (!label?.text.includes(':')) return null;
  const said = label.text.slice(label.text.indexOf(':') + 1);
  return /\p{L}|\uFFFC/u.test(said) && !/\bto be\b|\btbd\b/iu.test(said) ? null : 'it does not say how to verify';
}

function measure(blocks: readonly ScopedBlock[]): ScopedBlock[] {
  return blocks.filter(({ scope }) => scope.part === 'measure');
}

function queries({ blocks }: ReportRecommendation, { verify: wanted }: DataRecommendation): string[] {
  const code = measure(blocks).filter((block): block is ScopedBlock & CodeBlock => block.kind === 'code');
  const own = code.filter(({ lang, value }) => ['sql', 'hogql', ''].includes(lang) && value.trim() !== '');
  if (own.length === 0) return typeof wanted === 'string' ? ['it has no query'] : [];
  const faults = own.flatMap(({ value, line }) =>
    queryFaults(value).map((fault) => `the query of line ${line} ${fault}`),
  );
  if (typeof wanted !== 'string' || own.some(({ value }) => measures(value, wanted))) return faults;
  return [...faults, 'no query measures the metric of the operation'];
}

/** Why a text can be no query: what any database refuses, and what no query that only reads would hold. */
export function queryFaults(sql: string): string[] {
  const bare = sql
    .replace(/'(?:\\.|''|[^'\\])*'/gu, "''")
    .replace(/--.*$/gmu, '')
    .trim();
  return [
    ...(/^(?:select|with)\b/iu.test(bare) ? [] : ['is no SELECT']),
    ...(/;\s*\S/u.test(bare) ? ['holds several statements'] : []),
    ...(isBalanced(bare) ? [] : ['has unbalanced parentheses']),
    ...(/\bgroup\s+(?!by\b)\w/iu.test(bare) ? ['has GROUP without BY'] : []),
  ];
}

function isBalanced(text: string): boolean {
  let open = 0;
  for (const [bracket] of text.matchAll(/[()]/gu)) {
    open += bracket === '(' ? 1 : -1;
    if (open < 0) return false;
  }
  return open === 0;
}

const PIECES = /^select(.*)asvaluefrom(.*?)and(?:timestamp|\(timestamp)/u;

/** The query of the data, or one that holds its expression and its filter. */
function measures(sql: string, wanted: string): boolean {
  const [own, data] = [squeezed(sql), squeezed(wanted)];
  const [, expression, filter] = PIECES.exec(data) ?? [];
  if (expression === undefined || filter === undefined) return own === data;
  return own === data || (own.includes(expression) && own.includes(filter));
}

function squeezed(sql: string): string {
  return sql.replace(/\s+|;\s*$/gu, '').toLowerCase();
}
