import type { Evidence, EvidenceRow } from '../evidence.ts';
import { type Finding, type FindingKind, findingId, monthlySavings, type Savings, severityOf } from '../findings.ts';

/** Fewer traces than this are an anecdote, not a finding. */
export const MIN_SEEN = 3;
const MAX_CITED = 50;

/** Rows of one operation and kind, in the query's order (worst first). */
export interface Group {
  operation: string;
  kind: string;
  rows: EvidenceRow[];
  first: EvidenceRow;
}

export function groups(rows: EvidenceRow[]): Group[] {
  const byKey = new Map<string, Group>();
  for (const row of rows) {
    const key = `${row.kind}\u0000${row.operation}`;
    const group = byKey.get(key);
    if (group) group.rows.push(row);
    else byKey.set(key, { operation: row.operation, kind: row.kind, rows: [row], first: row });
  }
  return [...byKey.values()];
}

/** Distinct trace ids in order, at most 50. */
export function citedTraces(rows: { trace_id: string }[]): string[] {
  return [...new Set(rows.map((row) => row.trace_id).filter((id) => id !== ''))].slice(0, MAX_CITED);
}

export function operationCost(evidence: Evidence, operation: string): number {
  return evidence.calls.find((profile) => profile.operation === operation)?.cost_usd ?? 0;
}

export function traceCount(evidence: Evidence, operation: string): number {
  return evidence.traces.find((profile) => profile.operation === operation)?.traces ?? 0;
}

export interface Draft {
  kind: FindingKind;
  operation: string;
  model?: string;
  title: string;
  traces: string[];
  seen: number;
  of: number;
  /** What the frequency counts. */
  unit: 'traces' | 'calls';
  metrics: Record<string, number | string | null>;
  savings: Savings | null;
  /** Replaces the share of affected traces where that share says nothing about severity. */
  rate?: number;
}

export function toFinding(evidence: Evidence, draft: Draft): Finding {
  const scale = { observedDays: evidence.observedDays, totalCost: evidence.totalCost };
  return {
    id: findingId(draft.kind, draft.operation, draft.model),
    kind: draft.kind,
    operation: draft.operation,
    ...(draft.model === undefined ? {} : { model: draft.model }),
    severity: severityOf({
      savings: draft.savings,
      scale,
      rate: draft.rate ?? (draft.of > 0 ? draft.seen / draft.of : 0),
    }),
    title: draft.title,
    trace_ids: draft.traces,
    frequency: { seen: draft.seen, of: draft.of },
    metrics: { unit: draft.unit, operation_cost_usd: operationCost(evidence, draft.operation), ...draft.metrics },
    monthly_savings_usd: draft.savings,
  };
}

/** Savings from a group's waste, capped by the operation's cost. */
export function groupSavings(evidence: Evidence, group: Group, lowFactor = 1): Savings | null {
  return monthlySavings(
    { total: group.first.waste_total, squares: group.first.waste_squares },
    {
      operationCost: operationCost(evidence, group.operation),
      scale: { observedDays: evidence.observedDays, totalCost: evidence.totalCost },
      lowFactor,
    },
  );
}

export function number(row: EvidenceRow, name: string): number {
  const value = row[name];
  return typeof value === 'number' ? value : 0;
}
