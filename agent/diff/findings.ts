import { z } from 'zod';
import { type Finding, finding } from '../../analysis/findings.ts';
import { filesAfter, type RunRecord } from '../record/read.ts';
import { type Both, both, jsonArtifact } from './read.ts';
import { type Change, changesBetween } from './values.ts';

export interface FindingChange {
  kind: 'new' | 'gone' | 'changed';
  /** The same problem of the same operation has the same id in every run. */
  id: string;
  title: string;
  /** What differs of it: severity, seen, of, and the savings a month in USD. */
  changes: Change[];
}

const FILE = 'data/findings.json';
const schema = z.object({ findings: z.array(finding) });

export function findingChanges(runs: Both<RunRecord>): FindingChange[] {
  const found = both(runs, findingsOf);
  const ids = [...new Set([...found.before.keys(), ...found.after.keys()])];
  return ids.flatMap((id) => {
    const { before, after } = both(found, (findings) => findings.get(id));
    const changes = changesBetween(before ? factsOf(before) : {}, after ? factsOf(after) : {});
    if (changes.length === 0) return [];
    const kind = !before ? 'new' : !after ? 'gone' : 'changed';
    return [{ kind, id, title: (after ?? before)?.title ?? '', changes } as const];
  });
}

/** None where the runbook leaves no such file, or another one of that name. */
function findingsOf(record: RunRecord): Map<string, Finding> {
  const { data } = schema.safeParse(jsonArtifact(record, filesAfter(record.events).get(FILE)));
  return new Map(data?.findings.map((one) => [one.id, one]));
}

function factsOf({ severity, frequency, monthly_savings_usd: savings }: Finding): Record<string, unknown> {
  return {
    severity,
    seen: frequency.seen,
    of: frequency.of,
    savings: savings?.expected ?? null,
    savings_low: savings?.low ?? null,
    savings_high: savings?.high ?? null,
  };
}
