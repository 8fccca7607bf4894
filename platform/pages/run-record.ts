import { z } from 'zod';
import type { RunRecord } from '../../agent/record/read.ts';
import { filesAfter } from '../../agent/record/read.ts';
import { type Finding, finding } from '../../analysis/findings.ts';
import { refusal } from '../api/errors.ts';
import type { Platform } from '../api/platform.ts';
import { recordOf } from '../api/trajectory.ts';
import type { PlatformRun } from '../store/run-row.ts';

/** The record of a run. @throws 404 where it kept none */
export function recordFor(platform: Platform, run: PlatformRun): RunRecord {
  const record = recordOf(platform, run);
  if (!record) throw refusal(404, 'The run has kept no record: it ended before its first step.');
  return record;
}

const findings = z.object({ findings: z.array(finding) });

/** What was found; undefined where the run did not come so far. */
export function findingsOf(record: RunRecord): Finding[] | undefined {
  return findings.safeParse(artifact(record, 'data/findings.json')).data?.findings;
}

const facts = z.record(z.string(), z.object({ value: z.unknown() }));

/** What the report says can be saved a month, USD; undefined where the run did not come so far. */
export function savingsOf(record: RunRecord): number | undefined {
  const value = facts.safeParse(artifact(record, 'data/facts.json')).data?.['totals.savings_expected']?.value;
  return typeof value === 'number' ? value : undefined;
}

function artifact(record: RunRecord, file: string): unknown {
  const sha256 = filesAfter(record.events).get(file);
  try {
    return sha256 === undefined ? undefined : record.payloads.getJson(sha256);
  } catch {
    return undefined; // no JSON, or damaged: the page shows the rest
  }
}
