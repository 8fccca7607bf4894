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

/** A grade in which one criterion has a fault, and a word of praise behind it. */
function withFault(): Grade {
  const [first, ...others] = good.criteria;
  const fault = { ...first, score: 2, reasons: [WRONG, '3 of 3 recommendations are whole; 3 were asked for'] };
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

describe('what a grade quotes of a report', () => {
  const quoted = (reason: string, detail = reason): Grade => {
    const [first, ...others] = good.criteria;
    const failed = { file: 'recommendations.md', line: 3, kind: 'count' as const, status: 'contradicted' as const };
    return {
      ...good,
      criteria: [{ ...first, reasons: [reason] } as Grade['criteria'][number], ...others],
      gates: [{ name: 'structure', title: 'Structure', passed: false, detail }],
      claims: { ...good.claims, failed: [{ ...failed, text: reason, reason }] },
      notes: [reason],
    };
  };

  it.each([
    'https://evil.example/x',
    'HTTP://evil.example',
    'www.evil.example/x',
    'WWW.evil.example',
    'mail a.b@evil.example and mailto:a@evil.example',
    '[x](https://evil.example) <https://evil.example>',
    '![x](//evil.example/x.png) <img src=x> &lt;b&gt;',
    '**a** _b_ ~~c~~ # d',
  ])('does nothing as Markdown: %s', async (reason) => {
    const { unified } = await import('unified');
    const { default: remarkParse } = await import('remark-parse');
    const { default: remarkGfm } = await import('remark-gfm');
    const { visit } = await import('unist-util-visit');
    const kinds = new Set<string>();
    visit(
      unified()
        .use(remarkParse)
        .use(remarkGfm)
        .parse(renderMarkdown(quoted(reason))),
      (node) => {
        kinds.add(node.type);
      },
    );
    for (const kind of ['link', 'image', 'linkReference', 'imageReference', 'emphasis', 'delete']) {
      expect([...kinds]).not.toContain(kind);
    }
    expect([...kinds]).toContain('inlineCode');
  });

  it('reaches terminal and CI without characters that are not seen or that turn text round', () => {
    const grade = quoted('a\u202Eb\u2066c\u200Bd\u00ADe\u061Cf\uFE0Fg\u001b[2Jh');
    for (const shown of [renderGrade(grade), renderJunit(grade, { each: 3 }), renderMarkdown(grade)]) {
      expect(shown).toContain('abcdefg');
      expect(shown.replaceAll('\u200B', '')).not.toMatch(/\p{Cf}|\p{Variation_Selector}|[^\n\P{Cc}]/u);
    }
  });

  it('is printed once, each fault of a gate on a line of its own', () => {
    const text = renderGrade(bad);
    const wrong = text.split('\n').filter((line) => line.includes('$999.99'));
    expect(wrong.length).toBeGreaterThan(0);
    expect(new Set(wrong.map((line) => line.trim())).size).toBe(wrong.length);
    const lines = renderGrade(quoted('x', 'one\ntwo')).split('\n');
    expect(lines.slice(lines.indexOf('FAIL structure')).slice(0, 3)).toEqual([
      'FAIL structure',
      '     one',
      '     two',
    ]);
  });

  it('is cut where it is long, names of traces as well', async () => {
    const long = `Trace \`${'a1'.repeat(1_500)}\` shows it.\n\n## Failure-Mode Analysis`;
    const grade = await gradeResults(
      writeFiles(edit(goodFiles(), 'recommendations.md', '## Failure-Mode Analysis', long)),
    );
    expect(grade.claims.failed).toEqual([expect.objectContaining({ kind: 'trace' })]);
    expect(grade.claims.failed[0]?.text.length).toBeLessThanOrEqual(160);
    expect(
      Math.max(
        ...renderGrade(grade)
          .split('\n')
          .map((line) => line.length),
      ),
    ).toBeLessThan(500);
  });
});
