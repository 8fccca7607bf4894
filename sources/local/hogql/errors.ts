import { RunbookError } from '../../../lib/errors.ts';

export interface Place {
  start: number;
  end: number;
}

export interface Placed {
  start?: { offset: number };
  end?: { offset: number };
}

/** Where a node of the parser's tree stands in the text. */
export function placeOf(node: Placed | undefined): Place | undefined {
  return node?.start && node.end ? { start: node.start.offset, end: node.end.offset } : undefined;
}

/** A refusal of the query, as PostHog's API answers with 400 `validation_error`. */
export function hogqlError(message: string, at?: Placed | Place, hint?: string): RunbookError {
  const position = isPlace(at) ? at : placeOf(at);
  return new RunbookError('hogql', message, { ...(position ? { position } : {}), ...(hint ? { hint } : {}) });
}

function isPlace(at: Placed | Place | undefined): at is Place {
  return typeof at?.start === 'number';
}
