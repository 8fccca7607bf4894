/**
 * Characters that are not seen and can hide, join or turn text: format characters (soft hyphen, zero-width, bidirectional marks, tags) and
 * variation selectors.
 */
const UNSEEN = /\p{Cf}|\p{Variation_Selector}/gu;

/** A text without them. */
export function withoutUnseen(text: string): string {
  return text.replace(UNSEEN, '');
}
