import { RunbookError } from '../../lib/errors.ts';
import { truncate } from '../../lib/format.ts';
import { dataLine } from '../untrusted.ts';

/** An engine may quote whole values of events in what it says. */
const MAX_TEXT = 2000;

/**
 * What a failed call says to a model, as one line of JSON: the code, the message as data (an engine's own may quote what a trace holds), the
 * place in a query, and what to do.
 * @param clean takes secrets out, before anything is cut
 */
export function adviceOn(error: unknown, clean: (text: string) => string): string {
  if (!(error instanceof RunbookError))
    return dataLine({ error: 'unexpected', hint: 'The tool failed unexpectedly. Try another way.' });
  const { code, message, position, hint } = error;
  const bounded = (text: string) => truncate(clean(text), MAX_TEXT);
  return dataLine({
    error: code,
    untrusted_message: bounded(message),
    ...(position ? { place: `characters ${position.start} to ${position.end}` } : {}),
    ...(hint ? { hint: bounded(hint) } : {}),
  });
}
