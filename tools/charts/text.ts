import type { Json } from '../../analysis/chart-theme.ts';

/** Characters that XML 1.0 forbids (NUL and other controls) and halves of surrogate pairs: no file may carry them. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

export function xmlSafe(text: string): string {
  return text.replace(FORBIDDEN, '\u{FFFD}');
}

export function escapeXml(text: string): string {
  return xmlSafe(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Draws nothing and takes no room. */
const WORD_JOINER = '\u{2060}';

/** Vega groups by plain objects, in which a category called `constructor` or `__proto__` is always there already. */
function chartSafe(text: string): string {
  return text in Object.prototype ? `${text}${WORD_JOINER}` : xmlSafe(text);
}

/** The same value with every string (keys too) fit for Vega and for XML. */
export function chartSafeJson(value: Json): Json {
  if (typeof value === 'string') return chartSafe(value);
  if (Array.isArray(value)) return value.map(chartSafeJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [chartSafe(key), chartSafeJson(item)]));
}
