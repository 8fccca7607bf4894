import { hogqlError } from './errors.ts';
import type { Printer } from './printer.ts';
import type { Ratio, Source } from './tree.ts';

/** `SAMPLE a/b OFFSET c/d`, as PostHog prints it; the whole is no sample. */
export function sampleText({ sample }: Source): string {
  if (!sample || (fraction(sample.size) === 1 && !sample.offset)) return '';
  const text = ({ left, right }: Ratio) => (right === undefined ? left : `${left}/${right}`);
  return ` SAMPLE ${text(sample.size)}${sample.offset ? ` OFFSET ${text(sample.offset)}` : ''}`;
}

const HASHES = 2 ** 64;

/**
 * The same sample on tables without a sampling key: PostHog's events are sampled by `cityHash64(distinct_id)`, and a share of the events is
 * that share of the hash's range.
 */
export function sampleCondition({ sample, table }: Source, printer: Printer): string[] {
  if (!sample) return [];
  const [size, offset] = [fraction(sample.size), sample.offset ? fraction(sample.offset) : 0];
  if (size > 1)
    throw hogqlError(
      'SAMPLE with a number of rows is not supported on event files.',
      undefined,
      'Write a share: SAMPLE 0.1.',
    );
  if (size === 1 && offset === 0) return [];
  const hash = `cityHash64(${printer.id(table.name ?? table.internal)}.${printer.id('distinct_id')})`;
  const bound = (share: number) =>
    `toUInt64(${BigInt(Math.round(Math.min(share, 1) * HASHES - (share >= 1 ? 2048 : 0)))})`;
  const lower = offset > 0 ? [`greaterOrEquals(${hash}, ${bound(offset)})`] : [];
  return [...lower, ...(size + offset < 1 ? [`less(${hash}, ${bound(size + offset)})`] : [])];
}

function fraction({ left, right }: Ratio): number {
  return Number(left) / Number(right ?? 1);
}
