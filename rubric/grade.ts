import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { RunbookError } from '../lib/errors.ts';
import { type Artifacts, readArtifacts } from './artifacts.ts';
import type { Claim } from './claim.ts';
import { readClaims, summarise } from './claims.ts';
import { actionability } from './criteria/actionability.ts';
import { costAnalysis } from './criteria/cost-analysis.ts';
import type { Evidence, Scored } from './criteria/criterion.ts';
import { evidence } from './criteria/evidence.ts';
import { qualitativeDepth } from './criteria/qualitative-depth.ts';
import { roadmap } from './criteria/roadmap.ts';
import { checkGates, type Gate } from './gates.ts';
import { knownValues } from './known-values.ts';
import { type CriterionId, loadRubric, type Rubric } from './load.ts';
import { readReport } from './report.ts';
import { minRecommendations, validate } from './validate.ts';

/** `grade.json` */
export interface Grade {
  criteria: { id: CriterionId; name: string; score: number; reasons: string[] }[];
  /** Mean of the scores, two decimals. */
  average: number;
  passed: boolean;
  gates: Gate[];
  claims: {
    checked: number;
    verified: number;
    failed: { file: string; line: number; text: string; reason: string }[];
  };
  judge: { kind: 'checks' };
}

const SCORERS: Record<CriterionId, (input: Evidence) => Scored> = {
  evidence,
  cost_analysis: costAnalysis,
  qualitative_depth: qualitativeDepth,
  actionability,
  roadmap,
};

/**
 * Grades a results dir from its files alone; the same files give the same grade. What is missing or broken lowers scores and fails
 * gates; it never throws.
 * @throws RunbookError `usage` where there is no such folder, `runbook_invalid` where the rubric does not load
 */
export async function gradeResults(dir: string): Promise<Grade> {
  const root = path.resolve(dir);
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw new RunbookError('usage', `There is no results dir at ${root}.`, {
      hint: 'Give the folder that a run wrote.',
    });
  }
  const rubric = loadRubric();
  const artifacts = readArtifacts(root);
  const report = await readReport(artifacts.report.value ?? '');
  const known = knownValues(artifacts);
  const summary = await readReport(artifacts.summary.value ?? '');
  const claims: Claim[] = [
    ...readClaims(report.structure.blocks, { file: 'recommendations.md', artifacts, known }),
    ...readClaims(summary.structure.blocks, { file: 'summary.md', artifacts, known }),
  ];
  const options = optionsOf(artifacts);
  const found = validate({ ...report, artifacts, known }, options);
  const gates = checkGates(rubric, { artifacts, claims, found });
  const minimum = minRecommendations(options.parameters);
  return verdict(rubric, { artifacts, report: report.structure, known, claims, minimum }, gates);
}

function optionsOf({ validation }: Artifacts): {
  backend: string;
  parameters: Record<string, unknown>;
  runDate: string;
} {
  const claimed = validation.value;
  return { backend: claimed?.backend ?? '', parameters: claimed?.parameters ?? {}, runDate: claimed?.run_date ?? '' };
}

function verdict(rubric: Rubric, input: Evidence, gates: Gate[]): Grade {
  const criteria = rubric.criteria.map(({ id, name }) => ({ id, name, ...SCORERS[id](input) }));
  const sum = criteria.reduce((total, { score }) => total + score, 0);
  const average = Math.round((sum / criteria.length) * 100) / 100;
  const { average: wanted, each } = rubric.thresholds;
  const good = average >= wanted && criteria.every(({ score }) => score >= each);
  return {
    criteria,
    average,
    passed: good && gates.every((gate) => gate.passed),
    gates,
    claims: summarise(input.claims),
    judge: { kind: 'checks' },
  };
}

/** A grade for a terminal: the verdict, each criterion with its reasons, failed gates, claims that do not hold. */
export function renderGrade(grade: Grade): string {
  const { claims } = grade;
  const lines = [`${grade.passed ? 'PASSED' : 'FAILED'}  average ${grade.average.toFixed(2)} of 5`, ''];
  for (const { name, score, reasons } of grade.criteria) {
    lines.push(`${score}/5  ${name}`, ...reasons.map((reason) => `     ${safe(reason)}`));
  }
  lines.push('', 'Gates');
  for (const gate of grade.gates) {
    lines.push(`${gate.passed ? 'ok  ' : 'FAIL'} ${gate.name}${gate.passed ? '' : `: ${safe(gate.detail)}`}`);
  }
  lines.push('', `Claims: ${claims.verified} of ${claims.checked} agree with the data`);
  const shown = claims.failed.slice(0, 20);
  lines.push(...shown.map((c) => `  ${c.file}:${c.line}: ${safe(JSON.stringify(c.text))}: ${safe(c.reason)}`));
  if (claims.failed.length > shown.length) lines.push(`  and ${claims.failed.length - shown.length} more`);
  return `${lines.join('\n')}\n`;
}

/** Report text may hold control sequences that a terminal would obey. */
function safe(text: string): string {
  return text.replace(/\p{Cc}/gu, '�');
}
