const ESCAPES: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '\b': '\\b',
  '\f': '\\f',
  '\r': '\\r',
  '\n': '\\n',
  '\t': '\\t',
  '\0': '\\0',
  '\v': '\\v',
  '\u0007': '\\a',
};

/** A string literal of ClickHouse (and HogQL): every character that could end or bend it is escaped. */
export function stringLiteral(text: string): string {
  let out = '';
  for (const char of text) out += ESCAPES[char] ?? char;
  return `'${out}'`;
}

const PLAIN = /^[A-Za-z_$][A-Za-z0-9_$]*$/u;
const RESERVED = new Set(['true', 'false', 'null', 'inf', 'nan']);

/** An identifier, quoted with backticks unless it is plain. */
export function identifier(name: string): string {
  if (PLAIN.test(name) && !RESERVED.has(name.toLowerCase())) return name;
  let out = '';
  for (const char of name) out += char === '`' ? '\\`' : ESCAPES[char] === "\\'" ? "'" : (ESCAPES[char] ?? char);
  return `\`${out}\``;
}

/** A number as both dialects write it. */
export function numberLiteral(value: number | string): string {
  if (typeof value === 'string') {
    if (/^-?\d+$/u.test(value)) return value;
    if (value === 'Infinity') return 'inf';
    if (value === '-Infinity') return '-inf';
    return 'nan';
  }
  return Object.is(value, -0) ? '0' : String(value);
}
