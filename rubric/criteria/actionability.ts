import { missingOf } from '../plan.ts';
import { PARTS, type Part, type ReportRecommendation } from '../structure.ts';
import { at, type Evidence, only, type Scored, withClaims } from './criterion.ts';

/**
 * Actionability: as many recommendations as asked for, each with all six parts, code before and after that parses and differs, and a whole
 * measurement plan: 5. One gap in one of them, or too few of them: 2, below the pass mark. No recommendation or no code at all: 1.
 */
export function actionability(input: Evidence): Scored {
  const { report, minimum } = input;
  const list = report.recommendations;
  if (list.length === 0) return only(1, 'no recommendation (### Priority N: title)');
  const gaps = list.map((recommendation) => ({ recommendation, missing: gapsOf(recommendation) }));
  const whole = gaps.filter(({ missing }) => missing.length === 0);
  const coded = list.filter(({ code }) => code.blocks.length > 0);
  const enough = whole.length === list.length && list.length >= minimum;
  const count = `${whole.length} of ${list.length} recommendations are whole; ${minimum} were asked for`;
  const lacks = gaps.flatMap(({ recommendation: r, missing }) =>
    missing.length > 0 ? [`${at(r.line)}: priority ${r.priority} lacks ${missing.join(', ')}`] : [],
  );
  const score = coded.length === 0 ? 1 : enough ? 5 : 2;
  const reasons = enough ? { faults: [], merits: [count] } : { faults: [count, ...lacks].slice(0, 12), merits: [] };
  return withClaims('actionability', input, { score, ...reasons });
}

/** What a recommendation lacks; empty where it is whole. */
export function gapsOf(recommendation: ReportRecommendation): string[] {
  const parts = (Object.keys(PARTS) as Part[]).filter((part) => recommendation.parts[part] === undefined);
  const { codeFaults, plan } = recommendation;
  const planGap = recommendation.parts.measure === undefined ? [] : missingOf(plan);
  return [...parts.map((part) => PARTS[part]), ...codeFaults, ...planGap];
}
