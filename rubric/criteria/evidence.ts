import { citations } from '../citations.ts';
import type { ReportRecommendation } from '../structure.ts';
import { at, type Evidence, type Scored, withClaims } from './criterion.ts';

/**
 * Evidence: which recommendations name traces that exist, which show what was read, and which findings of the data have traces.
 * All name traces and at least half are shown with an excerpt: 5; all name traces: 4; half of them: 3; some: 2; none: 1. Where the
 * project stores no content and the report says so, no excerpt is asked for.
 */
export function evidence(input: Evidence): Scored {
  const { report, artifacts, known } = input;
  const list = report.recommendations;
  const faults: string[] = [];
  const cited = list.filter((r) => citesTrace(r, known.hasTrace));
  for (const r of list)
    if (!cited.includes(r)) faults.push(`${at(r.line)}: priority ${r.priority} names no trace of the data`);
  const findings = artifacts.findings.value?.findings ?? [];
  const traced = findings.filter((f) => f.trace_ids.some((id) => known.hasTrace(id)));
  for (const f of findings) if (!traced.includes(f)) faults.push(`data/findings.json: ${f.id} names no trace`);
  const total = list.length + findings.length;
  const share = list.length === 0 ? 0 : (cited.length + traced.length) / total;
  const quoted = excerptShare(input);
  const count = `${cited.length} of ${list.length} recommendations and ${traced.length} of ${findings.length} findings name traces of the data`;
  if (share === 1 && quoted < 0.5) faults.push('fewer than half of the recommendations quote what was read');
  const score =
    share === 1 ? (quoted >= 0.5 ? 5 : quoted > 0 ? 4 : 3) : share >= 0.75 ? 4 : share >= 0.5 ? 3 : share > 0 ? 2 : 1;
  const reasons = share === 1 ? { faults, merits: [count] } : { faults: [count, ...faults].slice(0, 12), merits: [] };
  return withClaims('evidence', input, { score, ...reasons });
}

function citesTrace(recommendation: ReportRecommendation, hasTrace: (id: string) => boolean): boolean {
  return recommendation.blocks.some((block) => citations(block, hasTrace).some(({ id }) => hasTrace(id)));
}

/** Share of the recommendations that quote a trace; all of them where there is no content to quote and the report says so. */
function excerptShare({ report, artifacts, claims }: Evidence): number {
  if (saysUnavailable({ report, artifacts })) return 1;
  const quoting = new Set(
    claims
      .filter((c) => c.kind === 'excerpt' && c.status === 'verified' && c.scope.priority !== null)
      .map((c) => c.scope.priority),
  );
  const inReading = claims.some((c) => c.kind === 'excerpt' && c.status === 'verified' && c.scope.priority === null);
  const share = quoting.size / Math.max(1, report.recommendations.length);
  return share === 0 && inReading ? 0.25 : share;
}

/** The project stores no prompts and answers, and the report does not hide it. */
export function saysUnavailable({ report, artifacts }: Pick<Evidence, 'report' | 'artifacts'>): boolean {
  const samples = artifacts.samples.value ?? [];
  const none =
    artifacts.project.value?.content === 'none' ||
    (samples.length > 0 && samples.every((s) => isMissing(s.input_excerpt) && isMissing(s.output_excerpt)));
  return (
    none &&
    report.blocks.some(
      (b) =>
        b.kind === 'text' &&
        b.lines.some((l) => /content (?:is )?(?:unavailable|not available|not stored)/iu.test(l.text)),
    )
  );
}

function isMissing(excerpt: string): boolean {
  return excerpt.trim() === '' || /^content unavailable$/iu.test(excerpt.trim());
}
