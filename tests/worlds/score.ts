import type { World } from './world.ts';

/** What the scorer reads of a finding in `data/findings.json`. */
export interface ScoredFinding {
  kind: string;
  operation: string | null;
  trace_ids: readonly string[];
}

export interface Score {
  /** `kind operation` of each planted problem that a finding names, with the right traces. */
  found: Named[];
  missed: Named[];
  /** Findings on operations that have no problem, or that are not in the world. */
  false: Named[];
  /** The right kind and operation, but fewer than four in five of the cited traces show it. */
  wrongTraces: (Named & { share: number })[];
  /** Other kinds than the planted one on an operation that has a problem: neither right nor wrong. */
  beside: Named[];
}

interface Named {
  kind: string;
  operation: string;
  shape: string;
}

const ENOUGH = 0.8;

/** Compares findings with what was planted. A plant that only findings with wrong traces name is in `wrongTraces` and in `missed`. */
export function scoreFindings(findings: readonly ScoredFinding[], world: World): Score {
  const score: Score = { found: [], missed: [], false: [], wrongTraces: [], beside: [] };
  for (const { kind, operation, shape, traceIds } of world.planted) {
    const planted = new Set(traceIds);
    const named = findings.filter((finding) => finding.kind === kind && finding.operation === operation);
    const shares = named.map(({ trace_ids: cited }) =>
      cited.length === 0 ? 0 : cited.filter((id) => planted.has(id)).length / cited.length,
    );
    const best = Math.max(0, ...shares);
    const entry = { kind, operation, shape };
    (best >= ENOUGH ? score.found : score.missed).push(entry);
    if (named.length > 0 && best < ENOUGH) score.wrongTraces.push({ ...entry, share: best });
  }
  for (const finding of findings) {
    const operation = finding.operation ?? '';
    const here = world.planted.filter((plant) => plant.operation === operation);
    const entry = {
      kind: finding.kind,
      operation,
      shape: here[0]?.shape ?? world.cleanShapes[operation] ?? 'not in the world',
    };
    // A finding without an operation speaks of the whole project, which has problems.
    if (here.length === 0 && operation !== '') score.false.push(entry);
    else if (!here.some((plant) => plant.kind === finding.kind)) score.beside.push(entry);
  }
  return score;
}
