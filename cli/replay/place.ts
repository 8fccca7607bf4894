import type { RecordedCall, RecordedStep } from '../../agent/record/story.ts';
import type { RenderedStep } from '../../agent/render.ts';

/** Where a session stands: before a step, or before a call of it. */
export type Place =
  | { kind: 'step'; step: RecordedStep; rendered: RenderedStep }
  | { kind: 'call'; step: RecordedStep; call: RecordedCall };
