import Handlebars from 'handlebars';
import { messageOf, RunbookError } from './errors.ts';
import { bytes, count, day, instant, oneLine, percent, ratio, seconds, truncate, usd } from './format.ts';

interface FactLike {
  value: number | string | null;
  unit: string;
}

const FORMATTERS: Record<string, (value: number) => string> = {
  usd,
  count,
  tokens: count,
  share: percent,
  seconds,
  ratio,
  days: (value) => `${Number.isInteger(value) ? value : value.toFixed(1)}`,
};

/** How a fact is written; a fact without a value reads `n/a`, so that unknown never looks like zero. */
function formatFact(fact: FactLike): string {
  if (fact.value === null) return 'n/a';
  const format = Object.hasOwn(FORMATTERS, fact.unit) ? FORMATTERS[fact.unit] : undefined;
  return typeof fact.value === 'number' && format ? format(fact.value) : String(fact.value);
}

/** Text from traces inside a Markdown table cell or line: one line, and no character that Markdown would read. */
function inline(value: unknown): string {
  return oneLine(String(value ?? '')).replace(/[\\`*_{}[\]<>#|~$!]/gu, (mark) => `\\${mark}`);
}

/** Text inside a code span: no backticks, pipes or line breaks can end it early. */
function code(value: unknown): string {
  const text = oneLine(String(value ?? ''))
    .replaceAll('`', 'ʼ')
    .replaceAll('|', '¦');
  return text === '' ? '`(empty)`' : `\`${text}\``;
}

/** A fenced block of untrusted text: the fence is longer than any run of backticks inside. */
function fenced(value: unknown): string {
  const text = String(value ?? '');
  const longest = Math.max(2, ...(text.match(/`+/gu) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

/** A formatter as a helper: null and missing read `n/a`. */
function number(format: (value: number) => string): (value: unknown) => string {
  return (value) => (typeof value === 'number' && Number.isFinite(value) ? format(value) : 'n/a');
}

/** A bare number: up to three significant digits beyond the point. */
function plain(value: number): string {
  const digits = value === 0 || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : 4;
  return value.toLocaleString('en-US', { maximumFractionDigits: Number.isInteger(value) ? 0 : digits });
}

function environment(): typeof Handlebars {
  const engine = Handlebars.create();
  engine.registerHelper({
    usd: number(usd),
    count: number(count),
    percent: number(percent),
    seconds: number(seconds),
    ratio: number(ratio),
    bytes: number(bytes),
    number: number(plain),
    measure: (value: unknown, unit: unknown) =>
      number(unit === 'usd' ? usd : unit === 'share' ? percent : plain)(value),
    plural: (value: unknown, noun: string) => `${number(count)(value)} ${noun}${value === 1 ? '' : 's'}`,
    day,
    instant,
    inline,
    code,
    fenced,
    json: (value: unknown) => JSON.stringify(value ?? null),
    truncate: (value: unknown, length: number) => truncate(String(value ?? ''), length),
    take: (list: unknown, n: number) => (Array.isArray(list) ? list.slice(0, n) : []),
    inc: (value: number) => value + 1,
    eq: (a: unknown, b: unknown) => a === b,
    gt: (a: number, b: number) => a > b,
    or: (...values: unknown[]) => values.slice(0, -1).find(Boolean),
    and: (...values: unknown[]) => values.slice(0, -1).every(Boolean),
    fact: (id: string, options: Handlebars.HelperOptions) => {
      const facts = options.data.root.facts as Record<string, FactLike> | undefined;
      const fact = facts?.[id];
      if (!fact) throw new Error(`no fact is called "${id}"`);
      return formatFact(fact);
    },
  });
  return engine;
}

let shared: typeof Handlebars | undefined;

/**
 * Renders a Handlebars template. A variable that the context lacks is an error, never an empty string; nothing is
 * HTML-escaped (the output is Markdown or SQL), so templates pass untrusted text through `inline`, `code` or `fenced`.
 * @throws RunbookError `runbook_invalid` naming the template, the line where known, and the variable
 */
export function renderTemplate(
  text: string,
  context: Record<string, unknown>,
  options: { name: string; helpers?: Record<string, (...args: never[]) => unknown> },
): string {
  shared ??= environment();
  try {
    const template = shared.compile(text, { noEscape: true, strict: true, preventIndent: true });
    return template(context, { allowProtoPropertiesByDefault: false, helpers: options.helpers ?? {} });
  } catch (cause) {
    const line = (cause as { lineNumber?: number }).lineNumber;
    throw new RunbookError('runbook_invalid', `${options.name}${line ? `:${line}` : ''}: ${messageOf(cause)}`, {
      at: line ? `${options.name}:${line}` : options.name,
      hint: 'A template may use only the variables that its header names; check the spelling.',
      cause,
    });
  }
}
