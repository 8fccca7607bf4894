/**
 * Mends a text that a strict JSON parser refuses although its meaning is plain: bytes that are not UTF-8, control characters inside
 * strings, half surrogate pairs (cut emoji), NaN and Infinity, numbers beyond a double. What cannot be known becomes U+FFFD or null.
 * @returns JSON text of an object, or undefined where the text is no JSON object
 */
export function repairObject(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\uFEFF/u, '');
  const value = parse(text) ?? parse(withoutNonNumbers(text.replaceAll(CONTROL, ' ')));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  try {
    return wellFormed(JSON.stringify(value));
  } catch {
    return undefined;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is mended
const CONTROL = /[\u0000-\u001F]/gu;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `JSON.stringify` leaves a lone surrogate as `\udXXX`, which strict parsers refuse; pairs it prints as characters. */
function wellFormed(json: string): string {
  return json.replaceAll(/\\(?:u(d[89a-f][0-9a-f]{2})|.)/gu, (mark, lone?: string) => (lone ? '\uFFFD' : mark));
}

/** Python's NaN, Infinity and -Infinity outside strings become null. */
function withoutNonNumbers(text: string): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('"', at);
    const end = open < 0 ? text.length : open;
    out += text.slice(at, end).replaceAll(/-?\b(?:NaN|Infinity)\b/gu, 'null');
    if (open < 0) break;
    const close = endOfString(text, open);
    out += text.slice(open, close);
    at = close;
  }
  return out;
}

/** Index after the quote that ends the string opened at `open`. */
function endOfString(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return at + 1;
  }
  return text.length;
}
