import { hogqlError } from './errors.ts';

const ESCAPES = new Map([
  ['\\', '\\\\'],
  ["'", "\\'"],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['\n', '\\n'],
  ['\t', '\\t'],
  ['\0', '\\0'],
  ['\v', '\\v'],
  ['\u0007', '\\a'],
]);

/** A text literal of ClickHouse and HogQL: every character that could end or bend it is escaped. */
export function stringLiteral(text: string): string {
  let out = '';
  for (const char of text) out += ESCAPES.get(char) ?? char;
  return `'${out}'`;
}

/** A text literal of HogQL. Its parser drops `\0`, but takes the character itself. */
export function hogqlString(text: string): string {
  return stringLiteral(text).replace(/\\\\|\\0/gu, (pair) => (pair === '\\0' ? '\0' : pair));
}

/** Between backticks, for ClickHouse. A quote needs no escape there, a backtick does. */
export function quotedIdentifier(name: string): string {
  return between(name, '\\`');
}

function between(name: string, backtick: string): string {
  let out = '';
  for (const char of name) out += char === '`' ? backtick : char === "'" ? "'" : (ESCAPES.get(char) ?? char);
  return `\`${out}\``;
}

/** As PostHog writes names in ClickHouse: bare where they are plain letters, digits and underscores. */
export function clickhouseIdentifier(name: string): string {
  refusePercent(name);
  return /^[A-Za-z_][A-Za-z0-9_]*$/u.test(name) ? name : quotedIdentifier(name);
}

/** As PostHog writes names in HogQL: a dollar is plain there. Words of the grammar are quoted so that the text can be read again. */
export function hogqlIdentifier(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/u.test(name) && !KEYWORDS.has(name.toLowerCase()) ? name : between(name, '``');
}

function refusePercent(name: string): void {
  if (name.includes('%'))
    throw hogqlError(
      `The HogQL identifier "${name}" is not permitted as it contains the "%" character`,
      undefined,
      'Choose an alias without "%".',
    );
}

const KEYWORDS = new Set(
  `all case catch distinct except false finally fn from fun group having if inf infinity intersect interval let limit materialized nan not
  null order select throw true try union when where while with within`.split(/\s+/u),
);
