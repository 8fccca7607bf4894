import { z } from 'zod';
import type { Pool } from '../database/pool.ts';
import { labelsOf } from '../store/labels.ts';
import type { PlatformRun } from '../store/run-row.ts';
import { earlierRuns } from '../store/runs.ts';
import { jsonIn, runFolder } from './results.ts';

/** A label of a run that says what became of a recommendation: `recommendation.<id>` = `merged #12`. */
const LABEL = 'recommendation.';
/** Runs that are looked through for the newest one with a report. */
const LOOKED_AT = 10;

const recommendations = z.object({
  recommendations: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      kind: z.string(),
      operation: z.string(),
      status: z.string().nullish(),
    }),
  ),
});
const profiles = z.object({
  calls: z.array(z.object({ operation: z.string(), calls: z.number(), cost_usd: z.number() })),
});

/**
 * `analysis_history` of a run, from the newest earlier run of its task that left a report: what it recommended, with what each operation
 * cost a call then (USD), and what labels of that run say became of it.
 * @returns a JSON list; empty text where there is none
 */
export async function historyOf(pool: Pool, runsDir: string, run: PlatformRun): Promise<string> {
  for (const earlier of await earlierRuns(pool, run, LOOKED_AT)) {
    const dir = runFolder({ runsDir }, earlier);
    const told = recommendations.safeParse(jsonIn(dir, 'data/recommendations.json')).data;
    if (!told) continue;
    const costs = profiles.safeParse(jsonIn(dir, 'data/profiles.json')).data?.calls ?? [];
    const labels = (await labelsOf(pool, [earlier.id])).get(earlier.id) ?? [];
    return JSON.stringify(
      told.recommendations.map(({ id, title, kind, operation }) => {
        const became = labels.find(({ key }) => key === `${LABEL}${id}`)?.value ?? 'open';
        const cost = costs.find((each) => each.operation === operation);
        const baseline = cost && cost.calls > 0 ? cost.cost_usd / cost.calls : null;
        return { title, kind, operation, status: became, pr: prIn(became), baseline };
      }),
    );
  }
  return '';
}

function prIn(text: string): string | null {
  return /https:\/\/\S+\/pull\/\d+/u.exec(text)?.[0] ?? /#(\d+)/u.exec(text)?.[1] ?? null;
}
