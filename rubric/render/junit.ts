import { withoutUnseen } from '../../lib/unseen.ts';
import { claimLine } from '../claim.ts';
import type { Grade } from '../grade.ts';

/**
 * A grade as JUnit XML, which CI systems show: one test for each criterion and each gate, one for all claims and one for the verdict. What
 * failed comes first, and its message says what is wrong.
 */
export function renderJunit(grade: Grade, { each }: { each: number }): string {
  const { gates, claims, average, passed } = grade;
  const cases = [
    testCase('verdict', `average ${average.toFixed(2)} of 5`, passed ? null : [whyNot(grade, each), ...grade.notes]),
    ...gates.map((gate) => testCase('gate', gate.name, gate.passed ? null : gate.detail.split('\n'))),
    ...grade.criteria.map((criterion) => criterionCase(criterion, each)),
    testCase(
      'claims',
      `${claims.verified} of ${claims.checked} claims agree with the data`,
      claims.failed.length === 0 ? null : claims.failed.map(claimLine),
    ),
  ];
  const failures = cases.filter(isFailure);
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="rubric" tests="${cases.length}" failures="${failures.length}">
${[...failures, ...cases.filter((one) => !isFailure(one))].join('\n')}
  </testsuite>
</testsuites>
`;
}

function isFailure(testcase: string): boolean {
  return testcase.includes('<failure');
}

function criterionCase({ name, score, reasons }: Grade['criteria'][number], each: number): string {
  const [first = '', ...others] = reasons;
  const failure = [`${score ?? 'no score'} of 5, at least ${each} needed: ${first}`, ...others];
  return testCase('criterion', `${name}: ${score ?? '-'} of 5`, score !== null && score >= each ? null : failure);
}

/** What holds the verdict down, in a few words. */
function whyNot({ verdict, gates, criteria, average, notes }: Grade, each: number): string {
  const failed = gates.filter(({ passed }) => !passed).map(({ name }) => `gate ${name}`);
  const low = criteria.filter(({ score }) => score !== null && score < each);
  const all = [...failed, ...low.map(({ name, score }) => `${name} ${score} of 5`)];
  return `${verdict}: ${all.length > 0 ? all.join(', ') : (notes[0] ?? `average ${average.toFixed(2)}`)}`;
}

function testCase(group: string, name: string, failure: readonly string[] | null): string {
  const open = `    <testcase classname="rubric.${group}" name="${xml(name)}"`;
  if (failure === null) return `${open}/>`;
  return `${open}><failure message="${xml(failure[0] ?? '')}">${xml(failure.join('\n'))}</failure></testcase>`;
}

/** XML 1.0 has no place for control characters, however they are written; characters that reorder text are left out. */
function xml(text: string): string {
  return withoutUnseen(text)
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '�')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
