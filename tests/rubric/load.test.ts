import { describe, expect, it } from 'vitest';
import { CHECKS, GATES } from '../../rubric/ids.ts';
import { loadRubric } from '../../rubric/load.ts';
import { writeFiles } from './fixture.ts';

const load = (text: string) => loadRubric(`${writeFiles({ 'rubric.yaml': text })}/rubric.yaml`);

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
    expect(rubric.gates.map((gate) => gate.id)).toEqual(['outputs']);
  });

  it('says what is missing in a Markdown file without a rubric', async () => {
    const file = `${writeFiles({ 'RUNBOOK.md': '# Nothing' })}/RUNBOOK.md`;
    await expect(loadRubric(file)).rejects.toThrow(/no table # \| Criterion \| 5 \| 3 \| 1/u);
  });
});
