import { GRADE } from '../results.ts';
import { filesAfter, ofType, type RunRecord } from './read.ts';

/** What a run's grade says, as far as it is compared and listed. */
export interface KeptGrade {
  average: number;
  passed: boolean;
  criteria: { id: string; name: string; score: number | null }[];
  /** Gates that failed, with why. */
  failed_gates: string[];
}

/** The grade of the round that was kept; where grade.json is not in the record, of the last one. Null where nothing was graded. */
export function keptGrade({ events, payloads }: RunRecord): KeptGrade | null {
  const graded = ofType(events, 'graded');
  const file = filesAfter(events).get(GRADE);
  const kept =
    file !== undefined && payloads.has(file) ? (payloads.getJson(file) as { round?: number }).round : undefined;
  const round = graded.findLast((event) => event.round === kept) ?? graded.at(-1);
  if (!round) return null;
  return {
    average: round.average,
    passed: round.passed,
    criteria: round.scores.map(({ id, name, score }) => ({ id, name, score })),
    failed_gates: round.failed_gates,
  };
}
