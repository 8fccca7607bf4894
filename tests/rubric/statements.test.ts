import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Artifacts, readArtifacts } from '../../rubric/artifacts.ts';
import type { Claim } from '../../rubric/claim.ts';
import { readClaims } from '../../rubric/claims.ts';
import { type KnownValues, knownValues } from '../../rubric/known-values.ts';
import { readReport } from '../../rubric/report.ts';
import { type Files, writeFiles } from './fixture.ts';
import { FALSE } from './statements.cases.ts';
import { HARMLESS, TRUE } from './statements-held.cases.ts';

/** The data of a run over the sample: one finding's trace each, excerpts left out. */
const SAMPLE = JSON.parse(readFileSync(new URL('./fixtures/sample.json', import.meta.url), 'utf8')) as Files;

let artifacts: Artifacts;
let known: KnownValues;
beforeAll(() => {
  artifacts = readArtifacts(writeFiles(SAMPLE));
  known = knownValues(artifacts);
});

async function claims(markdown: string, file = 'recommendations.md'): Promise<Claim[]> {
  const { structure } = await readReport(markdown);
  return readClaims(structure.blocks, { file, artifacts, known });
}

/** What sentences claim; figures in them are other claims. */
async function statements(markdown: string): Promise<string[]> {
  return (await claims(markdown)).filter(({ kind }) => kind === 'statement').map(({ status }) => status);
}

describe('statementClaims', () => {
  it.each(FALSE)('contradicts: %s', async (sentence) => {
    expect(await statements(sentence)).toContain('contradicted');
  });

  it.each(TRUE)('derives: %s', async (sentence) => {
    const all = await claims(sentence);
    expect(all.filter(({ status }) => status !== 'verified').map(({ text, reason }) => `${text}: ${reason}`)).toEqual(
      [],
    );
    expect(all.filter(({ kind }) => kind === 'statement').length).toBeGreaterThan(0);
  });

  it.each(HARMLESS)('raises no alarm at: %s', async (sentence) => {
    expect(await statements(sentence)).not.toContain('contradicted');
  });

  const FIX = '## Recommendations\n\n### Priority 7: x\n\n#### Recommended Fix\n\n';
  const MEASURE = '## Recommendations\n\n### Priority 7: x\n\n#### How to Measure Success\n\n- ';
  const READ = '## Qualitative Findings\n\n';
  const WRONG = '`draft_reply` costs more than `kb_answer`.';
  it.each([
    ['a fix', `${FIX}${WRONG}`, ['contradicted']],
    ['a plan', `${MEASURE}${WRONG}`, ['contradicted']],
    ['a heading', '### draft_reply costs more than kb_answer', ['contradicted']],
    ['a cell', `| a |\n|---|\n| ${WRONG} |`, ['contradicted']],
    ['an alternative text', '![draft_reply costs more than kb_answer](x.svg)', ['contradicted']],
    ['lines', '`draft_reply` costs\nmore than `kb_answer`.', ['contradicted']],
    ['text in a fence', '```text\ndraft_reply costs more than kb_answer\n```', ['contradicted']],
    ['an excerpt', `${READ}\`\`\`text\ndraft_reply costs more than kb_answer\n\`\`\``, []],
    ['code', '```python\n# draft_reply costs more than kb_answer\n```', []],
    ['the operation of the recommendation', `${FIX}This operation is the dearest of all.`, ['contradicted']],
    ['its calls', `${MEASURE}Nine in ten calls fail.`, ['contradicted']],
    ['its own share', `${MEASURE}One in four calls fails.`, ['verified']],
    [
      'the subject of the sentence before',
      '`bulk_sentiment` is small. It costs more than `kb_answer`.',
      ['contradicted'],
    ],
    ['a second predicate', '`kb_answer` is dear and is the slowest of all.', ['contradicted']],
    ['hidden characters', '`draft_reply` co\u200bsts mo\u00adre than `kb_answer`.', ['contradicted']],
    ['a colon', 'The bill: `draft_reply` costs more than `kb_answer`.', ['contradicted']],
    ['an aim before a colon', 'Target: no call of `kb_answer` fails.', []],
  ])('reads sentences of %s', async (_name, markdown, wanted) => {
    expect(await statements(markdown)).toEqual(wanted);
  });

  it('gives file, line and what the data say', async () => {
    const [found] = await claims('x\n\n`kb_answer` costs less than `draft_reply`.', 'summary.md').then((all) =>
      all.filter(({ kind }) => kind === 'statement'),
    );
    expect(found).toMatchObject({
      file: 'summary.md',
      line: 3,
      text: 'kb_answer costs less than draft_reply',
      reason: 'the data say 9.703 against 6.823 (total cost in USD)',
    });
  });

  it('claims nothing where the tables are not there', async () => {
    const bare = readArtifacts(writeFiles({ 'data/project.json': SAMPLE['data/project.json'] ?? '' }));
    for (const sentence of FALSE.filter((text) => !/window/u.test(text))) {
      const { structure } = await readReport(sentence);
      const all = readClaims(structure.blocks, { file: 'summary.md', artifacts: bare, known: knownValues(bare) });
      expect(all.filter(({ kind, status }) => kind === 'statement' && status === 'contradicted')).toEqual([]);
    }
  });
});
