import { beforeAll, describe, expect, it } from 'vitest';
import { type Grade, gradeResults } from '../../rubric/grade.ts';
import { renderJunit } from '../../rubric/render/junit.ts';
import { renderMarkdown } from '../../rubric/render/markdown.ts';
import { renderGrade } from '../../rubric/render/text.ts';
import { edit, goodFiles, validated, writeFiles } from './fixture.ts';

const WRONG = 'recommendations.md:12: "$9": data/findings.json says 5';
let good: Grade;
let bad: Grade;
beforeAll(async () => {
  const files = await validated(goodFiles());
  good = await gradeResults(writeFiles(files));
  bad = await gradeResults(writeFiles(edit(files, 'recommendations.md', '$512.35', '$999.99')));
});

/** A grade in which one criterion has a word of praise before its fault. */
function withFault(): Grade {
  const [first, ...others] = good.criteria;
  const fault = { ...first, score: 2, reasons: ['3 of 3 recommendations are whole; 3 were asked for', WRONG] };
  return {
    ...good,
    passed: false,
    verdict: 'failed',
    criteria: [...others, fault as Grade['criteria'][number]],
    gates: [
      ...good.gates,
      { name: 'source', title: 'The source', passed: false, detail: 'data/project.json: generations 5, now 6' },
    ],
  };
}

describe('a grade', () => {
  it('as JUnit says what is wrong in the message, and what failed first', () => {
    const xml = renderJunit(withFault(), { each: 3 });
    const messages = [...xml.matchAll(/<failure message="([^"]*)"/gu)].map(([, message]) => message);
    expect(messages).toEqual([
      'failed: gate source, Evidence 2 of 5',
      'data/project.json: generations 5, now 6',
      '2 of 5, at least 3 needed: recommendations.md:12: &quot;$9&quot;: data/findings.json says 5',
    ]);
    expect(xml.indexOf('rubric.claims')).toBeGreaterThan(xml.lastIndexOf('<failure'));
    expect(xml).toContain('failures="3"');
    expect(renderJunit(good, { each: 3 })).toContain('failures="0"');
  });

  it('as Markdown has failed gates and the lowest score before the rest', () => {
    const text = renderMarkdown(withFault());
    const at = (part: string) => text.indexOf(part);
    expect(at('Gates that hold')).toBeLessThan(at('| Criterion'));
    expect(text.match(/^\| (?!Criterion)(?!-).*$/gmu)?.[0]).toMatch(/^\| Evidence \| 2 \| recommendations\.md:12:/u);
  });

  it('on a terminal has the reasons with their lines, faults before praise', () => {
    const lines = renderGrade(withFault()).split('\n');
    const at = lines.indexOf('2/5  Evidence');
    expect(lines[at + 1]?.trim()).toBe(WRONG);
    expect(lines[at + 2]).toContain('are whole');
    expect(renderGrade(bad)).toMatch(/recommendations\.md:\d+: "\$999\.99"/u);
  });

  it('says beside a score that no vote, or not every vote, is behind it', () => {
    const [one, two] = good.criteria;
    const judgement = { votes: [], void: ['it refuses: no'], median: null, spread: null };
    const vote = { evidence: [], missing: [], reasoning: 'x', cannot_judge: false, score: 5 } as const;
    const criteria = [
      { id: one?.id ?? '', ...judgement },
      {
        id: two?.id ?? '',
        ...judgement,
        votes: [vote, vote].map((v) => ({ ...v, evidence: [], missing: [] })),
        median: 5,
      },
    ];
    const judge = { kind: 'model' as const, model: 'm', authors: [], criteria, cut: null, stopped: null };
    const text = renderGrade({ ...good, passed: false, verdict: 'not_judged', judge });
    expect(text).toMatch(/^NOT JUDGED/u);
    expect(text).toContain(`5/5  ${one?.name}  (by the checks alone: no valid vote)`);
    expect(text).toContain(`5/5  ${two?.name}  (1 of 3 votes void)`);
  });

  it('names the rubric and the report that it is about, the same twice', async () => {
    const files = await validated(goodFiles());
    const again = await gradeResults(writeFiles(files));
    expect(JSON.stringify(again)).toBe(JSON.stringify(good));
    expect(good.digests.rubric).toMatch(/^[0-9a-f]{64}$/u);
    expect(bad.digests.rubric).toBe(good.digests.rubric);
    expect(bad.digests.report).not.toBe(good.digests.report);
    expect((await gradeResults(writeFiles({}))).digests.report).toBeNull();
  });
});
