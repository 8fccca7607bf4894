import type { Artifacts } from './artifacts.ts';
import type { Ground } from './claim.ts';
import { totalCost } from './expected.ts';
import { traceKey } from './keys.ts';
import { namesOf } from './names.ts';

/** What sentences compare operations, models and recommendations by. */
export type Measure = 'cost' | 'calls' | 'tokens' | 'errors' | 'failures' | 'latency' | 'saving' | 'severity';

/** How a sentence measures: over the whole window or its last days, in all or for each call. */
export interface Frame {
  days: 3 | 7 | null;
  perCall: boolean;
}

/** An operation, a model or a recommendation with what is known of it; null is not known. */
export interface Row {
  name: string;
  kind: 'operation' | 'model' | 'recommendation';
  cost: number | null;
  calls: number | null;
  tokens: number | null;
  errors: number | null;
  latency: number | null;
  saving: number | null;
  severity: number | null;
  unpriced: number;
}

export const MEASURES: Record<Measure, string> = {
  cost: 'total cost in USD',
  calls: 'calls',
  tokens: 'tokens',
  errors: 'error rate',
  failures: 'failed calls',
  latency: 'p95 latency in seconds',
  saving: 'monthly saving in USD',
  severity: 'severity, 3 being the highest',
};

/** The subject's row; null where a table does not hold it. */
export function rowOf(token: string, days: Frame['days'], ground: Ground): Row | null {
  return rowsOf(token.charAt(1), days, ground.artifacts).find((row) => row.name === keyOf(token, ground)) ?? null;
}

function keyOf(token: string, { artifacts }: Ground): string {
  return traceKey(namesOf(artifacts).byToken.get(token) ?? token.replace(/\D/gu, ''));
}

/** All subjects of a kind: `o` operations, `m` models, `r` recommendations. */
export function rowsOf(letter: string, days: Frame['days'], artifacts: Artifacts): Row[] {
  if (letter === 'r') return days === null ? plans(artifacts) : [];
  const { spans, spans7d, spans3d, models } = artifacts;
  if (letter === 'm') {
    const rows = days === null ? (models.value ?? []) : [];
    return rows.map((row) => measured({ ...row, name: row.model, kind: 'model', latency: null }));
  }
  const rows = { 3: spans3d, 7: spans7d, all: spans }[days ?? 'all'].value ?? [];
  return rows.map((row) => ({
    ...measured({ ...row, name: row.operation, kind: 'operation', latency: row.p95_latency_s }),
    ...gains(row.operation, artifacts),
  }));
}

interface TableRow {
  name: string;
  kind: Row['kind'];
  calls: number;
  total_cost_usd: number;
  total_tokens: number;
  error_rate: number;
  unpriced_calls: number;
  latency: number | null;
}

function measured(row: TableRow): Row {
  return {
    name: traceKey(row.name),
    kind: row.kind,
    cost: row.total_cost_usd,
    calls: row.calls,
    tokens: row.total_tokens,
    errors: row.error_rate,
    latency: row.latency,
    saving: null,
    severity: null,
    unpriced: row.unpriced_calls,
  };
}

const SEVERITIES = ['low', 'medium', 'high'];

function severityOf(severity: unknown): number | null {
  return SEVERITIES.indexOf(String(severity)) + 1 || null;
}

function plans({ recommendations }: Artifacts): Row[] {
  const unknown = { cost: null, calls: null, tokens: null, errors: null, latency: null, unpriced: 0 };
  return (recommendations.value?.recommendations ?? []).map(({ priority, savings, severity }) => ({
    ...unknown,
    name: String(priority),
    kind: 'recommendation',
    saving: savings?.expected ?? 0,
    severity: severityOf(severity),
  }));
}

/** What the recommendations for an operation save, and the severity of its gravest finding. */
function gains(operation: string, { recommendations, findings }: Artifacts): Pick<Row, 'saving' | 'severity'> {
  const own = (recommendations.value?.recommendations ?? []).filter((item) => item.operation === operation);
  const found = (findings.value?.findings ?? []).filter((item) => item.operation === operation);
  return {
    saving: own.reduce((sum, { savings }) => sum + (savings?.expected ?? 0), 0),
    severity: Math.max(0, ...found.map(({ severity }) => severityOf(severity) ?? 0)) || null,
  };
}

export function measureOf(row: Row, measure: Measure, { perCall }: Frame): number | null {
  if (measure === 'failures') return row.errors === null ? null : Math.round(row.errors * (row.calls ?? 0));
  const value = row[measure];
  if (!perCall || value === null || (measure !== 'cost' && measure !== 'tokens')) return value;
  return row.calls ? value / row.calls : null;
}

const OTHER_FRAME =
  /\b(?:per|a|each|every|by the) (?:trace|token|user|session|conversation|turn|prompt|answer|output|unit)\b|\b(?:median|p50|p99|on average|yesterday|last month|previous\w*|earlier|first (?:half|week|days)|used to|weekdays?|weekends?|at night|next|(?:in|within) (?:one|a|a single|its \w+) trace|apiece)\b|\b(?:each|a time)$/u;
const PER_CALL =
  /\b(?:(?:per|a|an|each|every|single|by the|by|for each) (?:single )?(?:call|request|generation)|cost per call)\b/u;
const LAST_DAYS = /\b(?:last|past|final|latest) (?:(7|seven|3|three) days|week\b)/u;

/** How a clause measures; null where it does so in a way that is not read here. */
export function frameOf(text: string): Frame | null {
  if (OTHER_FRAME.test(text)) return null;
  const [found, days] = LAST_DAYS.exec(text) ?? [];
  return {
    days: found === undefined ? null : days === '3' || days === 'three' ? 3 : 7,
    perCall: PER_CALL.test(text),
  };
}

/** What the whole run measures. */
export function totalOf(measure: 'cost' | 'calls' | 'tokens', { artifacts }: Ground): number {
  const rows = artifacts.spans.value ?? [];
  if (measure === 'cost') return totalCost(artifacts);
  return rows.reduce((sum, row) => sum + (measure === 'calls' ? row.calls : row.total_tokens), 0);
}

/** A value as a reason shows it. */
export function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}
