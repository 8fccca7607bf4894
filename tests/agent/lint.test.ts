import { describe, expect, it } from 'vitest';
import { lintRunbook } from '../../agent/lint.ts';
import { loadRunbook } from '../../agent/runbook/load.ts';
import { MANIFEST, manifestOf, step, toyRunbook } from './toy.ts';

const lint = (body: string, more?: string) =>
  lintRunbook(
    loadRunbook(toyRunbook({ 'runbook.yaml': manifestOf('steps/01.md'), 'steps/01.md': step('a', body, more) })),
  );

describe('lintRunbook', () => {
  it('finds nothing in the runbook that ships with the project', async () => {
    expect(await lintRunbook(loadRunbook())).toEqual({ problems: [], unchecked: [] });
  });

  it('names file, line and field of an input that the schema refuses', async () => {
    const { problems } = await lint('Prose.\n\n```tool\nhogql_query:\n  sql: SELECT 1\n  save_as: x.txt\n```\n');
    expect(problems).toEqual([expect.stringMatching(/^steps\/01\.md:11: hogql_query: save_as: must end in/u)]);
  });

  it('names unknown variables with their line, and tools that the step may not call', async () => {
    expect((await lint('a\n{{params.windw_days}}\n')).problems).toEqual([
      expect.stringMatching(/^steps\/01\.md:7: .*windw_days/u),
    ]);
    expect((await lint('```tool\nhogql_qery: {}\n```\n')).problems).toEqual([
      expect.stringMatching(/^steps\/01\.md:7: the step may not call hogql_qery\. Did you mean hogql_query\?/u),
    ]);
  });

  it('reports the problems of all steps and blocks, not only the first', async () => {
    const dir = toyRunbook({
      'runbook.yaml': manifestOf('steps/01.md', 'steps/02.md'),
      'steps/01.md': step('a', '```tool\n- hogql_query: {}\n- write_artifact: {}\n```\n'),
      'steps/02.md': step('b', '{{nothing}}'),
    });
    expect((await lintRunbook(loadRunbook(dir))).problems).toHaveLength(3);
  });

  it('gives templates sample artifacts, and says what they hide', async () => {
    const body =
      '```tool\nwrite_artifact:\n  path: a.md\n  content: "{{artifacts.x.y}} {{#each artifacts.rows}}{{usd cost}}{{/each}}"\n```\n' +
      '```tool\nwrite_artifact:\n  path: x.md\n  content: {{json artifacts.x}}\n```\n' +
      '```tool\nhogql_query:\n  sql: SELECT 1\n  save_as: "{{artifacts.x.name}}"\n```\n';
    const { problems, unchecked } = await lint(body);
    expect(problems).toEqual([]);
    expect(unchecked).toHaveLength(3);
    expect(unchecked[0]).toMatch(/^steps\/01\.md:7: write_artifact: /u);
  });

  it('misses outputs that no step leaves, and primary outputs that are none', async () => {
    const manifest = MANIFEST.replace('path: recommendations.md', 'path: other.md').replace(
      'secrets:',
      'primary_outputs: [recommendations.md]\nsecrets:',
    );
    const { problems } = await lintRunbook(loadRunbook(toyRunbook({ 'runbook.yaml': manifest })));
    expect(problems).toEqual([
      'runbook.yaml: outputs: no step leaves other.md',
      'runbook.yaml: primary_outputs: recommendations.md is none of the outputs',
    ]);
  });
});
