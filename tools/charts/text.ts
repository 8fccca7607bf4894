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

/** The same value with every string (keys too) fit for XML. */
export function xmlSafeJson(value: Json): Json {
  if (typeof value === 'string') return xmlSafe(value);
  if (Array.isArray(value)) return value.map(xmlSafeJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [xmlSafe(key), xmlSafeJson(item)]));
}
