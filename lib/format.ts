import { withoutUnseen } from './unseen.ts';

/** How figures are written in reports, on the terminal and in pages: one place, so that the same figure always reads the same. */

/** US dollars: `$12,345.67`, `$0.0421`, `$0.000038`, `-$1.20`. Small amounts keep two significant digits at least. */
export function usd(value: number): string {
  const size = Math.abs(value);
  const digits = size === 0 || size >= 0.1 ? 2 : size >= 0.001 ? 4 : size >= 0.00001 ? 6 : 8;
  const text = size.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${value < 0 ? '-' : ''}$${text}`;
}

/** A whole number with thousands separators: `15,417`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A count with its noun: `1 query`, `2 queries`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A share in 0..1 as a percentage: `12.3%`; shares below 0.1 % keep two decimals. */
export function percent(share: number): string {
  const value = share * 100;
  const digits = value !== 0 && Math.abs(value) < 0.1 ? 2 : 1;
  return `${value.toFixed(digits)}%`;
}

/** Seconds: `0.53 s`, `12.4 s`, `310 s`. */
export function seconds(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} s`;
}

/** A ratio: `4.2×`. */
export function ratio(value: number): string {
  return `${value.toFixed(Math.abs(value) >= 100 ? 0 : 1)}×`;
}

/** Bytes in decimal units: `812 B`, `1.4 MB`. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

/** A UTC day: `2026-07-31`. */
export function day(value: Date | string): string {
  return (typeof value === 'string' ? value : value.toISOString()).slice(0, 10);
}

/** A UTC instant to the minute: `2026-07-31 14:05 UTC`. */
export function instant(value: Date | string): string {
  const iso = typeof value === 'string' ? value : value.toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** The first `length` characters, with an ellipsis where something was cut. Never splits a surrogate pair. */
export function truncate(text: string, length: number): string {
  const points = Array.from(text.slice(0, length * 2 + 2));
  return points.length <= length && text.length <= length * 2 ? text : `${points.slice(0, length - 1).join('')}…`;
}

/** Text on one line, without characters that nobody sees: names and ids as reports write them. */
export function oneLine(text: string): string {
  return withoutUnseen(text.replace(/[\s\p{Cc}]+/gu, ' '));
}
