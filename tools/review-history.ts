import { z } from 'zod';
import { type HistoryEntry, matchHistory, parseHistory } from '../analysis/history.ts';
import { PROFILES, type ProfilesFile } from './profile-operations.ts';
import { pullRequest } from './pull-request.ts';
import { text } from './query-rows.ts';
import { RECOMMENDATIONS, type RecommendationsFile, withGuards } from './rank-recommendations.ts';
import { defineTool, type ToolContext } from './tool.ts';

export const HISTORY = 'data/history.json';

export interface HistoryFile {
  given: boolean;
  entries: (HistoryEntry & { verdict: string; current: number | null })[];
  dropped: { title: string; reason: string }[];
}

export const reviewHistory = defineTool({
  name: 'review_history',
  description:
    'Reads the analysis_history parameter (a JSON list, or lines that name an operation and what became of its recommendation), looks pull requests up with gh where it is installed, drops recommendations that were shipped or rejected, and compares baselines with today: hit, partial, miss or regression. Without history it says so. Writes data/history.json. Example: {}',
  input: z.strictObject({}),
  output: z.object({ given: z.boolean(), entries: z.number(), dropped: z.number(), saved_as: z.string() }),
  writes: 'own artifacts',
  asks: 'artifacts',
  async run(_input, context) {
    const raw = text(context.params.analysis_history).trim();
    const plan = context.results.readJson(RECOMMENDATIONS) as RecommendationsFile;
    const profiles = context.results.readJson(PROFILES) as ProfilesFile;
    const operations = profiles.calls.map((profile) => profile.operation);
    const entries: HistoryEntry[] = [];
    for (const entry of parseHistory(raw, operations)) {
      const state = entry.status === 'unknown' ? await stateOf(entry.pr, context) : null;
      entries.push(state ? { ...entry, status: state } : entry);
    }
    const { kept, dropped } = matchHistory(plan.recommendations, entries);
    const judged = entries.map((entry) => ({ ...entry, ...judge(entry, profiles) }));
    const file: HistoryFile = { given: raw !== '', entries: judged, dropped };
    await context.results.writeJson(HISTORY, file);
    const next = withGuards(
      { recommendations: kept, reserve: plan.reserve },
      Number(context.params.min_recommendations),
    );
    await context.results.writeJson(RECOMMENDATIONS, next);
    return { given: file.given, entries: entries.length, dropped: dropped.length, saved_as: HISTORY };
  },
});

async function stateOf(pr: string | null, context: ToolContext): Promise<HistoryEntry['status'] | null> {
  return pr ? context.outside(`pull request ${pr}`, () => pullRequest(pr, context.signal)) : null;
}

/** Within this share of the target, a fix has landed its number; above the baseline by as much, things got worse. */
const TOLERANCE = 0.1;

/** Today's cost per call beside the earlier baseline and target. */
function judge(entry: HistoryEntry, profiles: ProfilesFile): { verdict: string; current: number | null } {
  const profile = profiles.calls.find((p) => p.operation === entry.operation);
  const current = profile && profile.calls > 0 ? profile.cost_usd / profile.calls : null;
  if (current === null) return { verdict: 'the operation has no calls in this window', current: null };
  if (entry.baseline === null) return { verdict: 'no earlier baseline to compare with', current };
  if (current > entry.baseline * (1 + TOLERANCE))
    return { verdict: 'regression: dearer than the earlier baseline', current };
  if (entry.status !== 'shipped') return { verdict: 'not shipped', current };
  if (entry.target === null)
    return { verdict: current < entry.baseline * (1 - TOLERANCE) ? 'hit' : 'no change', current };
  if (current <= entry.target * (1 + TOLERANCE)) return { verdict: 'hit', current };
  return { verdict: current < entry.baseline * (1 - TOLERANCE) ? 'partial' : 'miss', current };
}
