import { ofType, type RunRecord } from '../record/read.ts';

/** The two runs of a comparison, or a part of each. */
export interface Both<T> {
  before: T;
  after: T;
}

export function both<T, U>({ before, after }: Both<T>, read: (one: T) => U): Both<U> {
  return { before: read(before), after: read(after) };
}

/** A text of a run without what is another in every run: its id and those of the runs that it was forked from, its folder. */
export function withoutRun(text: string, { started, events }: RunRecord): string {
  const ids = new Set(events.flatMap(({ run, from }) => (from === undefined ? [run] : [run, from])));
  const anonymous = [...ids].reduce((rest, id) => rest.replaceAll(id, '(run)'), text);
  return anonymous.replaceAll(started.results_dir, '(results)');
}

/** The pinned window of a run; undefined where its source was not opened. */
export function windowOf({ events }: RunRecord): { from: string; to: string } | undefined {
  return ofType(events, 'source_opened').at(-1)?.window;
}

/** An artifact as a JSON value; undefined where there is none, or it is no JSON. */
export function jsonArtifact({ payloads }: RunRecord, sha256: string | undefined): unknown {
  if (sha256 === undefined) return undefined;
  try {
    return payloads.getJson(sha256);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
