import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Grade, gradeResults } from '../../rubric/grade.ts';
import type { Answer, Judge } from '../../rubric/judge/contract.ts';
import type { JudgePrompt } from '../../rubric/judge/prompt.ts';
import { readVote } from '../../rubric/judge/vote.ts';
import { edit, type Files, goodFiles, validated, writeFiles } from './fixture.ts';

const REPORT = 'recommendations.md';
let good: Files;
let checksOnly: Grade;
beforeAll(async () => {
  good = await validated(goodFiles());
  checksOnly = await gradeResults(writeFiles(good));
});

/** A vote that quotes the report's first section. */
const vote = (score: unknown, more: object = {}) =>
  JSON.stringify({
    evidence: [{ quote: 'Executive Summary', where: 'the first section' }],
    missing: ['an owner for each step'],
    reasoning: 'It says what it rests on.',
    cannot_judge: false,
    score,
    ...more,
  });

/** A judge that answers in turn, and keeps what it was asked. */
function judgeOf(next: (n: number, prompt: JudgePrompt) => Answer | string): Judge & { asked: JudgePrompt[] } {
  const asked: JudgePrompt[] = [];
  return {
    model: 'test-model',
    authors: [],
    samples: 3,
    asked,
    ask(prompt) {
      const answer = next(asked.push(prompt) - 1, prompt);
      return Promise.resolve(typeof answer === 'string' ? { kind: 'text', text: answer } : answer);
    },
  };
}
const gradeWith = (next: Parameters<typeof judgeOf>[0], files = good) => {
  const judge = judgeOf(next);
  return gradeResults(writeFiles(files), { judge }).then((grade) => ({ grade, asked: judge.asked }));
};

describe('a model judge', () => {
  it('votes on each criterion several times; the lower median counts, and its spread is kept', async () => {
    const scores = [5, 3, 4];
    const { grade, asked } = await gradeWith((n) => vote(scores[n % 3]));
    expect(asked).toHaveLength(15);
    expect(grade.criteria.map(({ score, checks }) => [score, checks])).toEqual(Array.from({ length: 5 }, () => [4, 5]));
    expect(grade).toMatchObject({ average: 4, passed: true, judge: { kind: 'model', model: 'test-model' } });
    const judged = grade.judge.kind === 'model' && 'criteria' in grade.judge ? grade.judge.criteria : [];
    expect(judged.map(({ median, spread, votes }) => [median, spread, votes.length])).toEqual(
      Array.from({ length: 5 }, () => [4, 2, 3]),
    );
    expect(grade.notes).toContain(
      "The judge's votes on evidence, cost_analysis, qualitative_depth, actionability, roadmap lie 2 or more apart: let a person look.",
    );
    expect(grade.criteria[0]?.reasons.join('\n')).toMatch(/judge: 4 of 5 \(votes 5, 3, 4; spread 2\)/u);
  });

  it('is given the anchors and what the checks found, and the report as data before them', async () => {
    const { asked } = await gradeWith(() => vote(5));
    expect(new Set(asked.map(({ system, report }) => system + report)).size).toBe(1);
    expect(asked[0]?.task).toMatch(/Criterion: Evidence\n5: .*\n3: .*\n1: /u);
    expect(asked[0]?.task).toContain('"allowed":5');
    expect(JSON.parse(asked[0]?.report.split('\n')[0] ?? '')).toMatchObject({ untrusted_report: good[REPORT] });
  });

  it('cannot raise what the checks allow', async () => {
    const files = edit(good, REPORT, '$512.35', '$999.99');
    const before = await gradeResults(writeFiles(files));
    const { grade } = await gradeWith(() => vote(5), files);
    expect(grade.passed).toBe(false);
    expect(grade.criteria.map(({ score }) => score)).toEqual(before.criteria.map(({ score }) => score));
  });

  it('can lower it: a report that reads badly does not pass', async () => {
    const { grade } = await gradeWith((_n, { task }) => vote(task.includes('Criterion: Roadmap') ? 2 : 5));
    expect(grade.criteria.find(({ id }) => id === 'roadmap')).toMatchObject({ score: 2, checks: 5 });
    expect(grade.passed).toBe(false);
  });

  it.each<[string, Answer | string]>([
    ['no JSON', 'I would give this a 5!'],
    ['two objects', `${vote(5)}\n${vote(1)}`],
    ['a score of 9', vote(9)],
    ['a score of 4.5', vote(4.5)],
    ['a score as text', vote('5')],
    ['a score without reasons', vote(5, { reasoning: '  ' })],
    ['a score without evidence', vote(5, { evidence: [] })],
    ['a quotation that is not in the report', vote(5, { evidence: [{ quote: 'a perfect report', where: 'line 1' }] })],
    ['a quotation of one letter', vote(5, { evidence: [{ quote: 'e', where: 'line 1' }] })],
    ['a quotation of a few letters', vote(3, { evidence: [{ quote: 'Summary', where: 'line 1' }] })],
    ['an empty quotation', vote(5, { evidence: [{ quote: ' ', where: 'line 1' }] })],
    ['an answer that cannot judge', vote(5, { cannot_judge: true })],
    ['an empty answer', ''],
    ['null', 'null'],
    ['a list', `[${vote(5)}]`],
    ['a refusal', { kind: 'refused', reason: 'policy' }],
  ])('%s is no vote, and never a pass', async (_name, answer) => {
    const { grade, asked } = await gradeWith(() => answer);
    // Each is asked for once more.
    expect(asked).toHaveLength(30);
    expect(grade).toMatchObject({ passed: false, verdict: 'not_judged' });
    expect(grade.criteria.every(({ score }) => (score ?? 0) <= 5)).toBe(true);
    expect(grade.notes[0]).toMatch(/Evidence has no valid judgement/u);
  });

  it('a void vote is asked for once more, and the valid ones count', async () => {
    const { grade } = await gradeWith((n) => (n % 2 === 0 ? 'not JSON' : vote(4)));
    expect(grade.criteria.map(({ score }) => score)).toEqual([4, 4, 4, 4, 4]);
    expect(grade.passed).toBe(true);
  });

  it('that is given a part of the report is told so, and can only lower the scores', async () => {
    const long = { ...good, [REPORT]: `${good[REPORT]}\n\n${'A word beyond what fits. '.repeat(9000)}` };
    const { grade, asked } = await gradeWith(() => vote(4), long);
    expect(asked[0]?.task).toMatch(/you see its first 200000 of 2\d{5} characters/u);
    expect(grade.notes.join('\n')).toMatch(/read the first 200000 of 2\d{5} characters/u);
    const { loadRubric } = await import('../../rubric/load.ts');
    const rubric = await loadRubric();
    const unchecked = { ...rubric, criteria: rubric.criteria.map((one) => ({ ...one, checks: [] })) };
    const blind = await gradeResults(writeFiles(long), { rubric: unchecked, judge: judgeOf(() => vote(5)) });
    expect(blind).toMatchObject({ passed: false, verdict: expect.not.stringMatching('passed') as string });
  });

  it('where it cannot be reached the checks alone decide, and the grade says so', async () => {
    const { grade } = await gradeWith(() => {
      throw new Error('The model cannot be reached: connection refused');
    });
    expect(grade.judge).toMatchObject({
      kind: 'checks',
      note: expect.stringContaining('connection refused') as string,
    });
    expect(grade.criteria).toEqual(checksOnly.criteria);
    expect(grade.passed).toBe(checksOnly.passed);
  });

  it('judges a criterion that nothing computes; without a judge it does not pass', async () => {
    const { loadRubric } = await import('../../rubric/load.ts');
    const rubric = await loadRubric();
    const tone = {
      ...rubric.criteria[0],
      id: 'tone',
      name: 'Tone',
      weight: 2,
      checks: [],
    } as (typeof rubric.criteria)[0];
    const own = { ...rubric, criteria: [...rubric.criteria, tone] };
    const dir = writeFiles(good);
    const without = await gradeResults(dir, { rubric: own });
    expect(without.criteria.at(-1)).toMatchObject({ score: null, checks: null });
    expect(without).toMatchObject({ passed: false, average: 5 });
    const judged = await gradeResults(dir, {
      rubric: own,
      judge: judgeOf((_n, { task }) => vote(task.includes('Tone') ? 3 : 5)),
    });
    // Five of weight 1 with 5, one of weight 2 with 3.
    expect(judged).toMatchObject({ passed: true, average: Math.round((31 / 7) * 100) / 100 });
  });
});

describe('readVote', () => {
  const report = '# Report\n\n**Executive  Summary**\nWe spend `$12.50` on `draft_reply`.';

  it.each([
    ['as it stands', 'We spend `$12.50` on `draft_reply`.'],
    ['without marks and case', 'we spend $12.50 on draft_reply'],
    ['over white space', 'Executive Summary We spend'],
  ])('finds a quotation %s', (_name, quote) => {
    expect(readVote(vote(5, { evidence: [{ quote, where: '' }] }), report)).toHaveProperty('vote');
  });

  it('never throws, and never makes a vote of anything else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const read = readVote(text, report);
          expect('void' in read).toBe(true);
        },
      ),
    );
  });
});
