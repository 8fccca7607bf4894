import type { Grade } from '../grade.ts';

/** A grade as JUnit XML, which CI systems show: one test for each criterion and each gate, and one for all claims. */
export function renderJunit(grade: Grade, { each }: { each: number }): string {
  const cases = [
    ...grade.criteria.map(({ name, score, reasons }) =>
      testCase(
        'criterion',
        `${name}: ${score ?? '-'} of 5`,
        score !== null && score >= each ? null : reasons.join('\n'),
      ),
    ),
    ...grade.gates.map(({ name, passed, detail }) => testCase('gate', name, passed ? null : detail)),
    testCase(
      'claims',
      `${grade.claims.verified} of ${grade.claims.checked} claims agree with the data`,
      grade.claims.failed.length === 0
        ? null
        : grade.claims.failed.map((c) => `${c.file}:${c.line}: ${JSON.stringify(c.text)}: ${c.reason}`).join('\n'),
    ),
    testCase(
      'verdict',
      `average ${grade.average.toFixed(2)} of 5`,
      grade.passed ? null : ['failed', ...grade.notes].join('\n'),
    ),
  ];
  const failures = cases.filter((one) => one.includes('<failure')).length;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="rubric" tests="${cases.length}" failures="${failures}">
${cases.join('\n')}
  </testsuite>
</testsuites>
`;
}

function testCase(group: string, name: string, failure: string | null): string {
  const open = `    <testcase classname="rubric.${group}" name="${xml(name)}"`;
  if (failure === null) return `${open}/>`;
  const [first = 'failed'] = failure.split('\n');
  return `${open}><failure message="${xml(first)}">${xml(failure)}</failure></testcase>`;
}

/** XML 1.0 has no place for control characters, however they are written. */
function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '�')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
