import type { StepNote } from '../driver.ts';
import type { EventBody, GenerationEvent, RunEvent, RunPart } from '../events.ts';
import type { Window } from '../opened-source.ts';
import type { QueryRecord } from '../recorded-source.ts';
import type { EarlierRounds } from '../rounds.ts';

/** The part of a run that is taken over from a record. The results dir holds its artifacts already. */
export interface Earlier {
  /** `resumed` goes on in the same log, and tells which files were put back; `forked` begins a new one with these events of its parent. */
  as:
    | { kind: 'resumed'; torn_bytes: number; events: number; restored: EventBody[] }
    | { kind: 'forked'; parent: string; parts: RunPart[]; events: RunEvent[] };
  /** Steps 1 to here are finished. */
  steps: number;
  /** Their ids. */
  done: string[];
  /** Null where the source was not opened yet. */
  source: { window: Window; records: QueryRecord[] } | null;
  notes: StepNote[];
  generations: GenerationEvent[];
  /** Tool calls that were made. */
  calls: number;
  rounds: EarlierRounds;
}
