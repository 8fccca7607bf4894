/** Figures as they stand in a text: value, unit, and how exactly they are written. */

export type Unit = 'usd' | 'percent' | 'plain';

export interface Figure {
  /** As written. */
  text: string;
  /** USD, a share in 0..1, or a plain number; without sign. */
  value: number;
  unit: Unit;
  /** Half a unit of the last digit shown, in the same unit: what rounding may have taken away. */
  half: number;
  /** Offset in the text. */
  index: number;
}

const SCALE: Record<string, number> = {
  k: 1e3,
  thousand: 1e3,
  m: 1e6,
  mn: 1e6,
  million: 1e6,
  b: 1e9,
  bn: 1e9,
  billion: 1e9,
};
const DIGITS = String.raw`(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?`;
const SUFFIX = String.raw`(?:\s?(k|thousand|mn?|million|bn?|billion)(?![\p{L}\p{N}]))?`;
const MONEY = new RegExp(String.raw`(?<![\p{L}\p{N}$])(?:US|USD\s?)?\$\s?${DIGITS}${SUFFIX}`, 'giu');
const MONEY_AFTER = new RegExp(
  String.raw`(?<![\p{L}\p{N}$.,-])${DIGITS}${SUFFIX}\s?(?:USD|US[ -]dollars|dollars)\b`,
  'giu',
);
const PERCENT = new RegExp(String.raw`(?<![\p{L}\p{N}$.,])${DIGITS}\s?%`, 'gu');
const PLAIN = new RegExp(
  String.raw`(?<![\p{L}\p{N}$.,:/_-])${DIGITS}(?:\s?(k|M|million|billion)(?![\p{L}\p{N}]))?(?![\p{L}\p{N}%_]|[.,:/-]\d|\s?%)`,
  'gu',
);

/** Amounts of money in a text: `$1,234.50`, `US$ 12`, `$1.2k`, `12 USD`. */
export function moneyIn(text: string): Figure[] {
  return [...matches(text, MONEY, 'usd'), ...matches(text, MONEY_AFTER, 'usd')];
}

const SIGN = String.raw`(?:[€£¥₹₽₩]|(?:EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD)\b)`;
const FOREIGN = new RegExp(
  String.raw`(?<![\p{L}\p{N}])(?:${SIGN}\s?)${DIGITS}${SUFFIX}|(?<![\p{L}\p{N}$.,-])${DIGITS}${SUFFIX}\s?(?:${SIGN}|(?:euros?|pounds|yen)\b)`,
  'giu',
);

/** Amounts in other currencies than the data's, with the sign or name of the currency. */
export function foreignMoneyIn(text: string): Figure[] {
  return matches(text, FOREIGN, 'usd');
}

/** Percentages in a text, as shares: `12.3%` is 0.123. */
export function percentagesIn(text: string): Figure[] {
  return matches(text, PERCENT, 'percent');
}

/** Numbers without a unit: not parts of words, dates, versions or times. */
export function numbersIn(text: string): Figure[] {
  return matches(text, PLAIN, 'plain');
}

const APPROXIMATELY = /^(?:[~≈]|(?:about|around|roughly|approximately|approx|circa|ca)\b\.?)\s*/iu;

/** The figure that a table cell holds, with `s` and `×` for units; null where the cell is text or empty. */
export function cellFigure(text: string): Figure | null {
  const bare = text.trim().replace(APPROXIMATELY, '').replace(/^-\s*/u, '');
  const found =
    moneyIn(bare)[0] ?? percentagesIn(bare)[0] ?? numbersIn(bare.replace(/\s?(?:s|sec|seconds|×|x)$/u, ''))[0];
  return found && found.index === 0 ? found : null;
}

/** What each pattern found last: several rules read the same line, one after the other. */
const last = new Map<RegExp, { text: string; figures: Figure[] }>();

function matches(text: string, pattern: RegExp, unit: Unit): Figure[] {
  if (!/\d/u.test(text)) return [];
  const known = last.get(pattern);
  if (known?.text === text) return known.figures;
  const figures = read(text, pattern, unit);
  last.set(pattern, { text, figures });
  return figures;
}

function read(text: string, pattern: RegExp, unit: Unit): Figure[] {
  const per = unit === 'percent' ? 0.01 : 1;
  return [...text.matchAll(pattern)].map((match) => {
    const [written, whole = '0', fraction = '', suffix] = match;
    const scale = per * (SCALE[suffix?.toLowerCase() ?? ''] ?? 1);
    return {
      text: written.trim(),
      value: Number(whole.replaceAll(',', '') + fraction) * scale,
      unit,
      half: (scale * 10 ** -Math.max(0, fraction.length - 1)) / 2,
      index: match.index,
    };
  });
}

/** Whether a figure can be this value, rounded as it is written. */
export function shows(figure: Figure, value: number): boolean {
  const size = Math.abs(value);
  if (!Number.isFinite(figure.value) || !Number.isFinite(size)) return false;
  return Math.abs(figure.value - size) <= figure.half + 1e-9 * Math.max(figure.half, size, figure.value);
}
