import { missingOf } from '../plan.ts';
import { PARTS, type Part, type ReportRecommendation } from '../structure.ts';
import { at, type Evidence, type Scored, withClaims } from './criterion.ts';

/**
 * Actionability: recommendations with all six parts, code before and after that differs, and a whole measurement plan. As many as asked
 * for and all of them whole: 5; as many as asked for, others with gaps: 4; enough recommendations, some whole or all with code: 3;
 * some code, but too little of everything: 2; no code: 1.
 */
export function actionability(input: Evidence): Scored {
  const { report, minimum } = input;
  const list = report.recommendations;
  if (list.length === 0) return { score: 1, reasons: ['no recommendation (### Priority N: title)'] };
  const gaps = list.map((recommendation) => ({ recommendation, missing: gapsOf(recommendation) }));
  const whole = gaps.filter(({ missing }) => missing.length === 0);
  const coded = list.filter((recommendation) => recommendation.code?.differs);
  const reasons = [
    `${whole.length} of ${list.length} recommendations are whole; ${minimum} were asked for`,
    ...gaps.flatMap(({ recommendation: r, missing }) =>
      missing.length > 0 ? [`${at(r.line)}: priority ${r.priority} lacks ${missing.join(', ')}`] : [],
    ),
  ];
  return withClaims('actionability', input, { score: score(), reasons: reasons.slice(0, 12) });

  function score(): number {
    if (coded.length === 0) return 1;
    if (list.length < minimum) return 2;
    if (whole.length === list.length) return 5;
    if (whole.length >= minimum) return 4;
    return whole.length > 0 || coded.length === list.length ? 3 : 2;
  }
}

function gapsOf(recommendation: ReportRecommendation): string[] {
  const parts = (Object.keys(PARTS) as Part[]).filter((part) => recommendation.parts[part] === undefined);
  const { code, plan } = recommendation;
  const codeGap = !code ? ['code before and after'] : code.differs ? [] : ['a difference between before and after'];
  const planGap = recommendation.parts.measure === undefined ? [] : missingOf(plan);
  return [...parts.map((part) => PARTS[part]), ...codeGap, ...planGap];
}
