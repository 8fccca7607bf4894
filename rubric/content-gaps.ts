import type { Artifacts } from './artifacts.ts';
import type { Claim } from './claim.ts';
import type { SourceText } from './clean-text.ts';
import { codeGaps } from './code-gaps.ts';
import { pairsOf, partGaps } from './part-gaps.ts';
import { planGaps } from './plan-gaps.ts';
import { sectionGaps } from './section-gaps.ts';
import { tableGaps } from './shown-tables.ts';
import type { Report } from './structure.ts';
import { summaryGaps } from './summary.ts';
import { titleFaults } from './titles.ts';

export interface Content {
  artifacts: Artifacts;
  claims: readonly Claim[];
  report: Report;
  /** The report and the summary, as they were written. */
  texts: readonly SourceText[];
}

/** What the report and its summary must say by the data and do not: an outline with nothing in it is no report. */
export function contentGaps({ artifacts, claims, report, texts }: Content): string[] {
  if (artifacts.report.problem) return summaryGaps(artifacts);
  const pairs = pairsOf(artifacts, report);
  return [
    ...titleFaults(texts, artifacts),
    ...sectionGaps({ artifacts, claims, report, text: artifacts.report.value }),
    ...tableGaps(artifacts, report),
    ...partGaps(artifacts, report, claims),
    ...pairs.flatMap((pair) => planGaps(pair)),
    ...codeGaps(pairs, artifacts),
    ...summaryGaps(artifacts),
  ];
}
