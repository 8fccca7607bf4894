import { describe, expect, it } from 'vitest';
import type { Artifacts } from '../../rubric/artifacts.ts';
import { codeGaps } from '../../rubric/code-gaps.ts';
import { queryFaults } from '../../rubric/plan-gaps.ts';
import { readReport } from '../../rubric/report.ts';

const artifacts = {
  spans: { value: [{ operation: 'extract_order' }, { operation: 'label_ticket' }, { operation: 'chat' }] },
  models: { value: [{ model: 'gpt-4o' }] },
  pricing: { value: { 'openai/gpt-5.4-mini': {} } },
} as unknown as Artifacts;

/** What is wrong with a piece of code that a fix of `extract_order` shows. */
async function gapsOf(code: string): Promise<string[]> {
  const markdown = `## Recommendations\n\n### Priority 1: Fix\n\n#### Recommended Fix\n\n\`\`\`python\n${code}\n\`\`\`\n`;
  const [own] = (await readReport(markdown)).structure.recommendations;
  if (!own) throw new Error('no recommendation');
  return codeGaps([{ own, data: { priority: 1, operation: 'extract_order', savings: null } }], artifacts);
}

describe('the code of a fix', () => {
  it.each([
    ['call(messages)\n# TODO: implement', /line 9: unfinished code/u],
    ['def fix():\n    raise NotImplementedError', /unfinished code/u],
    ['import os; os.system("rm -rf /")', /can destroy or run anything/u],
    ['subprocess.run(line, shell=True)', /can destroy or run anything/u],
    ['eval(answer)', /can destroy or run anything/u],
    ['client = OpenAI(api_key="sk-proj-9f8a7b6c5d4e3f2a1b0c")', /looks like a secret/u],
    ['password = "correct-horse-battery"', /looks like a secret/u],
    ['# Before\n    answer = call(messages)', /first statement is indented/u],
    ['call(model="gpt-7-ultra")', /no price table holds the model gpt-7-ultra/u],
    ['call(**{"model": "gpt-7-ultra"})', /no price table holds the model gpt-7-ultra/u],
    ['# in label_ticket\ncall(messages)', /the comment is about label_ticket/u],
  ])('%s is named', async (code, expected) => {
    expect(await gapsOf(code)).toEqual([expect.stringMatching(expected)]);
  });

  it.each([
    'call(model=MODEL)',
    'call(model="gpt-4o")',
    'call(model="gpt-5.4-mini")',
    'client = OpenAI(api_key=os.environ["OPENAI_API_KEY"])',
    'token = tokenizer.encode(text)',
    'model.eval()',
    '    answer = call(messages)\n    check(answer)',
    '# in extract_order\ncall(messages)',
    '# the chat history\ncall(messages)',
    'label_ticket(messages)  # label_ticket takes what is left',
  ])('%s is sound', async (code) => {
    expect(await gapsOf(code)).toEqual([]);
  });
});

describe('a query', () => {
  it.each([
    ['DELETE FROM events', 'is no SELECT'],
    ['SELECT 1; DROP TABLE events', 'holds several statements'],
    ['SELECT count( FROM events', 'has unbalanced parentheses'],
    ['SELECT ) FROM events (', 'has unbalanced parentheses'],
    ['SELECT 1 FROM events GROUP day', 'has GROUP without BY'],
  ])('%s %s', (sql, fault) => {
    expect(queryFaults(sql)).toEqual([fault]);
  });

  it.each([
    "SELECT count() FROM events WHERE name = 'a ) ; group x'",
    'select 1 -- (a note\nfrom events group by day;',
    "WITH a AS (SELECT 1) SELECT 'it\\'s (' FROM a",
  ])('%s can be', (sql) => {
    expect(queryFaults(sql)).toEqual([]);
  });
});
