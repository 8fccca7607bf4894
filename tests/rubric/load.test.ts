import { describe, expect, it } from 'vitest';
import { CRITERIA, GATES, loadRubric } from '../../rubric/load.ts';
import { writeFiles } from './fixture.ts';

const load = (text: string) => loadRubric(`${writeFiles({ 'rubric.yaml': text })}/rubric.yaml`);

describe('loadRubric', () => {
  it('loads the rubric that ships', () => {
    const rubric = loadRubric();
    expect(rubric.criteria.map((criterion) => criterion.id)).toEqual([...CRITERIA]);
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
  ])('names the file and the field for %s', (_name, text, message) => {
    expect(() => load(text)).toThrow(message);
    expect(() => load(text)).toThrow(expect.objectContaining({ code: 'runbook_invalid' }));
  });

  it('says so where there is no such file', () => {
    expect(() => loadRubric('/nowhere/rubric.yaml')).toThrow(expect.objectContaining({ code: 'runbook_invalid' }));
  });
});
