import { describe, expect, it } from 'vitest';
import { gradingOf } from '../../agent/rounds.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { gradeResults } from '../../rubric/grade.ts';
import type { JudgePrompt } from '../../rubric/judge/prompt.ts';
import { renderMarkdown } from '../../rubric/render/markdown.ts';
import { renderGrade } from '../../rubric/render/text.ts';
import { writeFiles } from '../rubric/fixture.ts';
import { MANIFEST, toyRunbook } from './toy.ts';

const RUBRIC = `version: 1
criteria:
  - { id: tone, name: Tone, anchors: { 5: calm, 3: mixed, 1: shrill } }
thresholds: { average: 4, each: 3, rounds: 1 }
gates:
  - { id: outputs, name: Every file is there }
judge: { samples: 1 }
`;
const OUTPUTS = `outputs:
  - { path: findings.md, description: What was found. }
  - { path: notes/more.txt, description: More. }
  - { path: chart.png, description: A picture. }
`;
const FILES = {
  'findings.md': '# Findings\n\nThe river rose by two metres in May.\n',
  'notes/more.txt': 'It fell again in June, as every year.\n',
  'chart.png': 'PNG',
};
const QUOTE = 'The river rose by two metres in May.';

/** A runbook with a rubric and outputs of its own. @param keys more of its manifest */
function rivers(keys = '') {
  const manifest = MANIFEST.replace(/outputs:\n.*\n/u, OUTPUTS)
    .replace('title: Toy runbook', 'title: River levels')
    .replace('description: For tests.', 'description: Reads gauges and says where rivers rise.');
  return loadRunbook(
    toyRunbook({
      'runbook.yaml': `${manifest}rubric: rubric.yaml\n${keys}`,
      'rubric.yaml': RUBRIC,
      'steps/01.md': '---\nid: write\ntitle: Write\n---\nWrite.\n',
    }),
  );
}

/** Grades those files with a judge whose vote rests on one quotation. */
async function judged(runbook: ReturnType<typeof rivers>, quote = QUOTE) {
  const asked: JudgePrompt[] = [];
  const vote = {
    ...{ evidence: [{ quote, where: 'line 3' }], missing: [], reasoning: 'Calm.', cannot_judge: false, score: 5 },
  };
  const judge = {
    ...{ model: 'test-model', authors: [], samples: 1 },
    ask(prompt: JudgePrompt) {
      asked.push(prompt);
      return Promise.resolve({ kind: 'text' as const, text: JSON.stringify(vote) });
    },
  };
  const grade = await gradeResults(writeFiles(FILES), { ...(await gradingOf(runbook)), judge, mustJudge: true });
  return { grade, asked };
}

const reportOf = (prompt: JudgePrompt | undefined) =>
  (JSON.parse(prompt?.report.split('\n')[0] ?? '{}') as { untrusted_report?: string }).untrusted_report;

describe('a runbook with a rubric and outputs of its own', () => {
  it('is judged by the texts that it leaves, each below its name', async () => {
    const { grade, asked } = await judged(rivers());
    expect(reportOf(asked[0])).toBe(
      `===== findings.md =====\n\n${FILES['findings.md']}\n\n===== notes/more.txt =====\n\n${FILES['notes/more.txt']}`,
    );
    expect(grade).toMatchObject({ passed: true, average: 5 });
    expect(grade.digests.report).toMatch(/^[0-9a-f]{64}$/u);
  });

  it('is judged by its primary outputs where it names some', async () => {
    const { asked } = await judged(rivers('primary_outputs: [findings.md, chart.png]\n'));
    expect(reportOf(asked[0])).toBe(FILES['findings.md']);
  });

  it('is told to the judge as what it is, and nothing is said to be checked that was not', async () => {
    const { asked } = await judged(rivers());
    const system = asked[0]?.system ?? '';
    expect(system).toContain('the runbook "River levels" leaves');
    expect(system).toContain('"Reads gauges and says where rivers rise."');
    expect(system).toContain('No program checked the figures');
    expect(system).not.toMatch(/LLM traffic|was checked by programs/u);
  });

  it('has no grade by checks that there are not', async () => {
    const { grade } = await judged(rivers(), 'words that no file of it holds');
    expect(grade).toMatchObject({ passed: false, verdict: 'not_judged' });
    expect(renderGrade(grade)).toContain('-/5  Tone  (no valid vote)');
    expect(renderGrade(grade)).not.toContain('by the checks alone');
    const { grade: whole } = await judged(rivers());
    expect(renderMarkdown(whole)).toContain('Judged by test-model.');
    expect(renderMarkdown(whole)).not.toContain('checks allow');
  });

  it('leaves the trace optimizer with its report and its checks', async () => {
    const { subject, outputs } = await gradingOf(loadRunbook());
    expect(subject).toMatchObject({ title: 'PostHog Trace Optimizer', files: ['recommendations.md'] });
    expect(outputs).toBeUndefined();
  });
});
