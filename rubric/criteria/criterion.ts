import type { Artifacts } from '../artifacts.ts';
import { type Claim, claimLine } from '../claim.ts';
import type { CheckId } from '../ids.ts';
import type { KnownValues } from '../known-values.ts';
import type { Report, SectionName } from '../structure.ts';

/** What a criterion is scored from. */
export interface Evidence {
  artifacts: Artifacts;
  report: Report;
  known: KnownValues;
  claims: readonly Claim[];
  /** Recommendations that the run was asked for. */
  minimum: number;
}

export interface Scored {
  /** 1 to 5, whole. */
  score: number;
  /** What keeps it down, in the order in which someone who mends the report needs it. */
  faults: string[];
  /** What is well. */
  merits: string[];
}

export function reasonsOf({ faults, merits }: Pick<Scored, 'faults' | 'merits'>): string[] {
  return [...faults, ...merits];
}

/** A score with one reason that keeps it down. */
export function only(score: number, fault: string): Scored {
  return { score, faults: [fault], merits: [] };
}

const BY_SECTION: Partial<Record<SectionName, CheckId>> = {
  'Qualitative Findings': 'qualitative_depth',
  Recommendations: 'actionability',
  'Implementation Roadmap': 'roadmap',
};

/** The check that a claim speaks to: trace ids and evidence parts to evidence, else by the section. */
function checkOf({ kind, scope }: Claim): CheckId {
  if (kind === 'trace' || scope.part === 'evidence') return 'evidence';
  return (scope.section && BY_SECTION[scope.section]) ?? 'cost_analysis';
}

const SHOWN = 5;
/** What a claim that does not hold leaves of a score: less than any criterion needs to pass. */
const WITH_A_FALSE_CLAIM = 2;

/** Lowers a score for claims that do not hold: a report whose readers cannot trust one of its figures is not done. */
export function withClaims(id: CheckId, { claims }: Evidence, scored: Scored): Scored {
  const own = claims.filter((claim) => checkOf(claim) === id);
  const bad = own.filter((claim) => claim.status !== 'verified');
  if (bad.length === 0) {
    const note = own.length > 0 ? [`${counted(own.length, 'claim agrees', 'claims agree')} with the data`] : [];
    return { ...scored, merits: [...scored.merits, ...note] };
  }
  const more = bad.length - SHOWN;
  const rest = more > 0 ? [`and ${counted(more, 'more claim that does', 'more claims that do')} not hold`] : [];
  const faults = [...scored.faults, ...bad.slice(0, SHOWN).map(claimLine), ...rest];
  return { ...scored, score: Math.min(scored.score, WITH_A_FALSE_CLAIM), faults };
}

/** `1 trace`, `2 traces` */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A place in the report. */
export function at(line: number | undefined): string {
  return line === undefined ? 'recommendations.md' : `recommendations.md:${line}`;
}

/** Whether the section is there and holds something. */
export function isThere({ report }: Evidence, section: SectionName): boolean {
  return report.sections[section]?.empty === false;
}
