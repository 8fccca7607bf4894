import { describe, expect, it } from 'vitest';
import { CHECKS, GATES } from '../../rubric/ids.ts';
import { loadRubric } from '../../rubric/load.ts';
import { writeFiles } from './fixture.ts';

const load = (text: string) => loadRubric(`${writeFiles({ 'rubric.yaml': text })}/rubric.yaml`);
/** A Markdown rubric, written to a file; the text below its table begins on line 9. */
function table(rows: string, text = '', head = '| # | Criterion | 5 | 3 | 1 |'): string {
  const markdown = `---\nname: other\n---\n## Judging\n${head}\n|---|---|---|---|---|\n${rows}\n\n${text}\n`;
  return `${writeFiles({ 'RUNBOOK.md': markdown })}/RUNBOOK.md`;
}

describe('loadRubric', () => {
  it('loads the rubric that ships', async () => {
    const rubric = await loadRubric();
    expect(rubric.criteria.map((criterion) => criterion.id)).toEqual([...CHECKS]);
    expect(rubric.criteria.flatMap((criterion) => criterion.checks)).toEqual([...CHECKS]);
    expect(rubric.judge).toEqual({ model: 'anthropic/claude-haiku-4.5', samples: 3 });
    expect(rubric.gates.map((gate) => gate.id)).toEqual([...GATES]);
    expect(rubric.thresholds).toEqual({ average: 4, each: 3, rounds: 3 });
  });

  it.each([
    ['broken YAML', 'criteria: [', /rubric\.yaml/u],
    ['another shape', 'version: 1', /criteria/u],
    [
      'an unknown field',
      'version: 1\ncriteria: []\nthresholds: { average: 9, each: 3, rounds: 3 }\ngates: []',
      /thresholds\.average|criteria/u,
    ],
  ])('names the file and the field for %s', async (_name, text, message) => {
    await expect(load(text)).rejects.toThrow(message);
    await expect(load(text)).rejects.toMatchObject({ code: 'runbook_invalid' });
  });

  it('says so where there is no such file', async () => {
    await expect(loadRubric('/nowhere/rubric.yaml')).rejects.toMatchObject({ code: 'runbook_invalid' });
  });

  it('reads the table of a Markdown runbook, with its thresholds', async () => {
    const text = `---
name: other
---
# Runbook

| # | Criterion | 5 (Excellent) | 3 (Acceptable) | 1 (Poor) |
|---|---|---|---|---|
| 1 | Evidence | every \`trace\` is real | some | none |
| 2 | Tone of voice | calm | mixed | shrill |

Pass: the average is at least 4.5 and no criterion is below 4; at most 2 rounds.
`;
    const rubric = await loadRubric(`${writeFiles({ 'RUNBOOK.md': text })}/RUNBOOK.md`);
    expect(rubric.criteria).toEqual([
      {
        id: 'evidence',
        name: 'Evidence',
        weight: 1,
        checks: ['evidence'],
        anchors: { 5: 'every trace is real', 3: 'some', 1: 'none' },
      },
      {
        id: 'tone_of_voice',
        name: 'Tone of voice',
        weight: 1,
        checks: [],
        anchors: { 5: 'calm', 3: 'mixed', 1: 'shrill' },
      },
    ]);
    expect(rubric.thresholds).toEqual({ average: 4.5, each: 4, rounds: 2 });
    expect(rubric.gates.map((gate) => gate.id)).toEqual([...GATES]);
  });

  it('holds a Markdown rubric to every gate, unless the runbook leaves other files', async () => {
    const load = async (outputs?: string[]) => {
      const { criteria, gates } = await loadRubric(
        table('| 1 | Evidence | a | b | c |\n| 2 | Tone | a | b | c |'),
        outputs,
      );
      return { gates: gates.map(({ id }) => id), checks: criteria.flatMap(({ checks }) => checks) };
    };
    const whole = { gates: [...GATES], checks: ['evidence'] };
    const files = ['recommendations.md', 'validation_report.json', 'data/metrics_by_span.csv', 'data/findings.json'];
    expect(await load()).toEqual(whole);
    expect(await load([...files, 'more.md'])).toEqual(whole);
    expect(await load(['findings.md'])).toEqual({ gates: ['outputs'], checks: [] });
  });

  it.each([
    ['Evidence Quality', 'evidence'],
    ['Quality of the Evidence', 'evidence'],
    ['Cost Analysis Quality', 'cost_analysis'],
    ['Qualitative Depth', 'qualitative_depth'],
    ['Actionability of Recommendations', 'actionability'],
    ['Prioritized Roadmap', 'roadmap'],
    ['Implementation Roadmap', 'roadmap'],
    ['Cost of living', undefined],
    ['Evidence of tone', undefined],
  ])('knows what computes %s', async (name, check) => {
    const { criteria } = await loadRubric(table(`| 1 | ${name} | a | b | c |`));
    expect(criteria[0]?.checks).toEqual(check === undefined ? [] : [check]);
  });

  it('tells criteria apart that have no Latin letters, or the same ones', async () => {
    const { criteria } = await loadRubric(
      table('| 1 | 証拠 | a | b | c |\n| 2 | 評価 | a | b | c |\n| 3 | A 証 | a | b | c |\n| 4 | A 評 | a | b | c |'),
    );
    expect(criteria.map(({ id }) => id)).toEqual(['criterion', 'criterion_2', 'a', 'a_4']);
    await expect(loadRubric(table('| 1 | Tone | a | b | c |\n| 2 | Tone | a | b | c |'))).rejects.toThrow(
      /different ids/u,
    );
  });

  it.each([
    '| # | Criterion | Score 5 | Score 3 | Score 1 |',
    '| # | Dimension | Excellent (5) | Fair (3) | Poor (1) |',
  ])('reads the head %s', async (head) => {
    const { criteria } = await loadRubric(table('| 1 | Tone | calm | mixed | shrill |', '', head));
    expect(criteria[0]?.anchors).toEqual({ 5: 'calm', 3: 'mixed', 1: 'shrill' });
  });

  it.each([
    ['Pass when the overall score is 4.5 or higher.', 4.5, 3],
    ['Pass when the mean is at least 4.2 and each criterion is at least 4.', 4.2, 4],
    ['Pass: average ≥ 4.0 and none below 3.', 4, 3],
    ['- Overall average ≥ 4.5 AND no individual criterion below 2\n- Maximum 3 iterations', 4.5, 2],
    ['A report passes with a 4.5 average and no score below 4.', 4.5, 4],
    ['To pass, every criterion must score 4 or higher.', 4, 4],
    ['It passes with at least 2 on every criterion and an overall score of 4.25/5.', 4.25, 2],
    ['Passing means an average of 4,5 on a 1 to 5 scale.', 4.5, 3],
    ['The average over all 5 criteria must be at least 4.2 to pass.', 4.2, 3],
    ['Pass if none is below two and the mean exceeds 3.', 3.000001, 2],
    ['Pass when each is above 3.', 4, 4],
    ['It costs an average of 3 calls to see.', 4, 3],
  ])('understands %j', async (text, average, each) => {
    const rubric = await loadRubric(table('| 1 | Tone | a | b | c |', text));
    expect(rubric.thresholds).toEqual({ average, each, rounds: 3 });
  });

  it.each([
    ['Pass at 80%.', /RUNBOOK\.md: line 9: it is not clear what "80%" asks/u],
    ['Pass threshold: 4.5', /line 9: it is not clear what "4\.5"/u],
    ['Fine.\n\nPass when the overall score is 9 or higher.', /line 11: .*"9 or higher"/u],
    ['Pass with an average of 4.\nPass with an average of 4.5.', /line 10: two values for average: 4 and 4\.5/u],
  ])('refuses %j and names its line', async (text, message) => {
    await expect(loadRubric(table('| 1 | Tone | a | b | c |', text))).rejects.toThrow(message);
  });

  it('says what is missing in a Markdown file without a rubric', async () => {
    const file = `${writeFiles({ 'RUNBOOK.md': '# Nothing' })}/RUNBOOK.md`;
    await expect(loadRubric(file)).rejects.toThrow(/no table # \| Criterion \| 5 \| 3 \| 1/u);
  });
});
