import type { Source } from '../sources/source.ts';
import type { EventBody } from './events.ts';
import { untilInterrupted } from './interrupt.ts';
import { QueryRecorder } from './recorded-source.ts';

const DAY_MS = 86_400_000;

/** A run's source, with its queries counted and its window pinned. */
export interface OpenedSource {
  source: Source;
  queries: QueryRecorder;
  /** Both ends inclusive, UTC; the same for every query of the run. */
  window: { from: Date; to: Date };
}

interface OpenOptions {
  /** Length of the window, which ends at the source's now(). */
  days: number;
  signal: AbortSignal;
  emit(event: EventBody): void;
  /** Told when an interruption left the opening running. */
  onAbandon(): void;
}

/** Opens a run's source. @throws RunbookError `interrupted`, or what the source throws */
export async function openSource(make: () => Promise<Source>, options: OpenOptions): Promise<OpenedSource> {
  const { days, signal, emit, onAbandon } = options;
  const started = performance.now();
  const source = await untilInterrupted(signal, make(), onAbandon);
  try {
    await untilInterrupted(signal, source.open(signal), onAbandon);
  } catch (error) {
    if (!signal.aborted) await source.close().catch(() => undefined);
    throw error;
  }
  const to = source.now();
  const from = new Date(to.getTime() - days * DAY_MS);
  emit({
    type: 'source_opened',
    kind: source.kind,
    label: source.label,
    window: { from: from.toISOString(), to: to.toISOString() },
    notices: source.notices(),
    elapsed_s: (performance.now() - started) / 1000,
  });
  const queries = new QueryRecorder(source, ({ sql, values_sha256, bytes_read, cached, ...query }) =>
    emit({ type: 'query', ...query }),
  );
  return { source, queries, window: { from, to } };
}
