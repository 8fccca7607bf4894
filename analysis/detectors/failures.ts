import type { Evidence, FailureRow } from '../evidence.ts';
import { type Finding, type FindingKind, wilsonLow } from '../findings.ts';
import { citedTraces, MIN_SEEN, toFinding } from './shared.ts';

const CLASSES: Record<string, { kind: FindingKind; title: string }> = {
  rate_limited: { kind: 'rate_limited', title: 'Calls are refused by the provider’s rate limit' },
  timeouts: { kind: 'timeouts', title: 'Calls run into time-outs' },
  server_errors: { kind: 'server_errors', title: 'The provider answers with server errors' },
};

/** Failure rates below this are ordinary weather. */
const MIN_RATE = 0.03;
/** … and the sample must support at least this much. */
const MIN_WILSON = 0.015;

/** One finding per operation and failure class that is more frequent than chance. */
export function failureModes(evidence: Evidence): Finding[] {
  const found: Finding[] = [];
  for (const [operation, rows] of byOperation(evidence.failures)) {
    const calls = evidence.calls.find((profile) => profile.operation === operation)?.calls ?? 0;
    for (const [name, { kind, title }] of Object.entries(CLASSES)) {
      const own = rows.filter((row) => row.class === name);
      const seen = totals(own, (row) => row.seen);
      if (seen < MIN_SEEN || seen < MIN_RATE * calls || wilsonLow(seen, calls) < MIN_WILSON) continue;
      found.push(
        toFinding(evidence, {
          kind,
          operation,
          title,
          traces: citedTraces([...own].sort((a, b) => b.latency - a.latency)),
          seen,
          of: calls,
          unit: 'calls',
          metrics: {
            statuses: [...new Set(own.map((row) => row.http_status))].sort((a, b) => a - b).join(', '),
            longest_latency_s: Math.max(...own.map((row) => row.latency_max)),
            cost_of_failed_calls_usd: totals(own, (row) => row.cost_total),
            waited_s: own.reduce((sum, row) => sum + row.latency, 0),
          },
          savings: null,
        }),
      );
    }
  }
  return found;
}

function byOperation(rows: FailureRow[]): Map<string, FailureRow[]> {
  const map = new Map<string, FailureRow[]>();
  for (const row of rows) map.set(row.operation, [...(map.get(row.operation) ?? []), row]);
  return map;
}

/** Sums a group total, which every row of a status repeats, once per status. */
function totals(rows: FailureRow[], value: (row: FailureRow) => number): number {
  const perStatus = new Map(rows.map((row) => [row.http_status, value(row)]));
  return [...perStatus.values()].reduce((sum, part) => sum + part, 0);
}
