import { ANSWERING } from './answering.ts';
import { CONVERSING } from './conversing.ts';
import { LABELLING } from './labelling.ts';
import type { Operation } from './operation.ts';

export const OPERATIONS: readonly Operation[] = [...ANSWERING, ...LABELLING, ...CONVERSING];

/** What is wrong in the sample, by operation; everything else in it is sound. */
export const SAMPLE_PROBLEMS: readonly { kind: string; operation: string; note: string }[] = OPERATIONS.flatMap(
  ({ name, problem, note }) => (problem === null ? [] : [{ kind: problem, operation: name, note }]),
);
