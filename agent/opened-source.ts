import type { Source } from '../sources/source.ts';
import type { EventBody } from './events.ts';
import { untilInterrupted } from './interrupt.ts';
import { type OnQuery, type Queries, type QueryRecord, QueryRecorder } from './recorded-source.ts';

const DAY_MS = 86_400_000;

/** Both ends inclusive, UTC; the same for every query of the run. */
export interface Window {
  from: Date;
  to: Date;
}

/** A run's source, with its queries counted and its window pinned. */
export interface OpenedSource {
  source: Pick<Source, 'kind' | 'label' | 'notices' | 'close'>;
  queries: Queries;
  window: Window;
}

/** What the run hands in when its source is opened. */
export interface OpenContext {
  /** Length of the window, which ends at the source's now(). */
  days: number;
  signal: AbortSignal;
  onQuery: OnQuery;
  /** What a run that goes on has asked already, and the window that it has. */
  earlier?: { records: readonly QueryRecord[]; window: Window } | undefined;
  /** Told when an interruption left the opening running. */
  onAbandon(): void;
}

/** Opens a run's source. @throws RunbookError `interrupted`, or what the source throws */
export type OpenSource = (context: OpenContext) => Promise<OpenedSource>;

/** Opens a source that answers queries itself: the live project, event files, the sample. */
export function liveSource(make: () => Promise<Source>): OpenSource {
  return async ({ days, signal, onQuery, earlier, onAbandon }) => {
    const source = await untilInterrupted(signal, make(), onAbandon);
    try {
      await untilInterrupted(signal, source.open(signal), onAbandon);
    } catch (error) {
      if (!signal.aborted) await source.close().catch(() => undefined);
      throw error;
    }
    const to = source.now();
    const window = earlier?.window ?? { from: new Date(to.getTime() - days * DAY_MS), to };
    return { source, queries: new QueryRecorder(source, onQuery, earlier?.records), window };
  };
}

/** The source as the log tells of it. */
export function openedEvent({ source, window }: OpenedSource, elapsed_s: number): EventBody {
  return {
    type: 'source_opened',
    kind: source.kind,
    label: source.label,
    window: { from: window.from.toISOString(), to: window.to.toISOString() },
    notices: source.notices(),
    elapsed_s,
  };
}
