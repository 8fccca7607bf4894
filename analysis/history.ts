import { z } from 'zod';
import { RunbookError } from '../lib/errors.ts';
import { FINDING_KINDS } from './findings.ts';

/** What an earlier report recommended and what became of it. */
export interface HistoryEntry {
  title: string;
  kind: string | null;
  operation: string | null;
  status: 'shipped' | 'rejected' | 'open' | 'unknown';
  /** A pull request's number or URL. */
  pr: string | null;
  /** Cost per call in USD, before and as hoped for. */
  baseline: number | null;
  target: number | null;
}

const STATUSES: [HistoryEntry['status'], RegExp][] = [
  [
    'rejected',
    /\b(?:closed without|closed unmerged|closed|rejected|declined|won['’]?t (?:do|fix)|not merged|unmerged)\b/iu,
  ],
  ['shipped', /\b(?:merged|shipped|done|released|deployed|fixed)\b/iu],
  ['open', /\b(?:open|in progress|pending|planned)\b/iu],
];

const entrySchema = z.object({
  title: z.string().default(''),
  kind: z.string().nullable().default(null),
  operation: z.string().nullable().default(null),
  status: z.string().default(''),
  pr: z.union([z.string(), z.number()]).nullable().default(null),
  baseline: z.number().nullable().default(null),
  target: z.number().nullable().default(null),
});

const PR = /(https?:\/\/\S+\/pull\/\d+)|(?:#|\bPR\s*#?)(\d+)/iu;

/**
 * Reads the history: a JSON list of entries, or free text where each line is one recommendation, recognised by the operations and
 * finding kinds that it names.
 * @param operations names of today's operations
 * @throws RunbookError `usage` where JSON was begun and is broken
 */
export function parseHistory(raw: string, operations: string[]): HistoryEntry[] {
  if (raw === '') return [];
  if (raw.startsWith('[')) return parseJson(raw);
  return raw
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => fromLine(line, operations));
}

function parseJson(raw: string): HistoryEntry[] {
  try {
    return z
      .array(entrySchema)
      .parse(JSON.parse(raw))
      .map((entry) => ({
        ...entry,
        status: statusOf(entry.status),
        pr: entry.pr === null ? null : safePr(String(entry.pr)),
      }));
  } catch (cause) {
    throw new RunbookError(
      'usage',
      `analysis_history begins like a JSON list but cannot be read: ${cause instanceof z.ZodError ? z.prettifyError(cause).replace(/\s+/gu, ' ') : (cause as Error).message}`,
      {
        at: 'analysis_history',
        hint: 'Give [{"operation": "…", "kind": "…", "status": "merged", "pr": 12, "baseline": 0.01, "target": 0.005}], or plain lines.',
        cause,
      },
    );
  }
}

function fromLine(line: string, operations: string[]): HistoryEntry {
  const lower = line.toLowerCase();
  const kind = FINDING_KINDS.find((name) => lower.includes(name) || lower.includes(name.replaceAll('_', ' '))) ?? null;
  const operation =
    [...operations].sort((a, b) => b.length - a.length).find((name) => lower.includes(name.toLowerCase())) ?? null;
  const pr = PR.exec(line);
  return {
    title: line,
    kind,
    operation,
    status: statusOf(line),
    pr: pr ? (pr[1] ?? pr[2] ?? null) : null,
    baseline: null,
    target: null,
  };
}

function statusOf(text: string): HistoryEntry['status'] {
  return STATUSES.find(([, pattern]) => pattern.test(text))?.[0] ?? 'unknown';
}

/** Only a number or a pull request's URL is handed on: nothing that a command could take for an option. */
function safePr(reference: string): string | null {
  return /^(?:\d{1,9}|https:\/\/[\w.-]+\/[\w./-]+\/pull\/\d+)$/u.test(reference) ? reference : null;
}

interface Matchable {
  title: string;
  kind: string;
  operation: string;
}

/** Leaves out what was shipped or rejected: the same kind on the same operation. */
export function matchHistory<T extends Matchable>(
  list: T[],
  entries: HistoryEntry[],
): { kept: T[]; dropped: { title: string; reason: string }[] } {
  const dropped: { title: string; reason: string }[] = [];
  const kept = list.filter((item) => {
    const entry = entries.find(
      (e) =>
        e.operation === item.operation && e.kind === item.kind && (e.status === 'shipped' || e.status === 'rejected'),
    );
    if (entry)
      dropped.push({
        title: item.title,
        reason: entry.status === 'shipped' ? 'already shipped' : 'rejected by the team before',
      });
    return !entry;
  });
  return { kept, dropped };
}
