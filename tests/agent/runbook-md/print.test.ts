import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadRunbook } from '../../../agent/runbook/load.ts';
import { step, toyRunbook } from '../toy.ts';
import { PACKAGE, printed } from './folder.ts';

/** What the platform's own check of the structure looks for, by its survey. */
const STRUCTURE: [string, RegExp][] = [
  ['frontmatter at the top', /^---\n/u],
  ['version', /^version: \S+$/mu],
  ['evaluation', /^evaluation: (?:programmatic|rubric)$/mu],
  ['objective', /^## Objective$/mu],
  ['files', /^## REQUIRED OUTPUT FILES \(MANDATORY\)$/mu],
  ['validation_report.json', /validation_report\.json/u],
  ['summary.md', /summary\.md/u],
  ['parameters', /^\| Parameter \| Template Variable \| Default \| Description \|$/mu],
  ['dependencies', /^## Dependencies$/mu],
  ['evaluation step', /^## Evaluate: Rubric$/mu],
  ['rubric', /^\| # \| Criterion \| 5 \(Excellent\) \| 3 \(Acceptable\) \| 1 \(Poor\) \|$/mu],
  ['thresholds', /average ≥ 4\.0 and no criterion below 3/u],
  ['bounded rounds', /^## Iterate on Errors \(max 3 rounds\)$/mu],
  ['checklist', /^## Final Checklist/mu],
  ['verification script', /Verification Script[\s\S]*FINAL OUTPUT VERIFICATION/u],
  ['tips', /^## Tips$/mu],
];

describe('printRunbook', () => {
  it.each(STRUCTURE)('writes what the format asks for: %s', async (_what, pattern) => {
    expect(await printed()).toMatch(pattern);
  });

  it('keeps the secrets whole in the frontmatter, and the keys of the public format', async () => {
    const front = parse((await printed()).split('---\n')[1] ?? '') as Record<string, unknown>;
    const { manifest } = loadRunbook();
    const { version, evaluation, agent, model, model_provider, snapshot, primary_outputs, secrets } = manifest;
    expect(front).toMatchObject({
      version,
      evaluation,
      agent,
      model,
      model_provider,
      snapshot,
      primary_outputs,
      secrets,
    });
  });

  it('numbers the steps from 1 with the titles of the step files, each with work and prose', async () => {
    const text = await printed();
    const headings = [...text.matchAll(/^#{2,4} Step (\d+): (.*)$/gmu)].map(([, n, title]) => [Number(n), title]);
    expect(headings).toEqual(loadRunbook().steps.map(({ number, title }) => [number, title]));
    for (const section of text.split(/^## /mu).filter((part) => part.startsWith('Step '))) {
      expect(section).toMatch(/^runbook tool \w+ --results-dir "\{\{results_dir\}\}"/mu);
      expect(section.replace(/```[\s\S]*?```/gu, '').length).toBeGreaterThan(150);
    }
  });

  it('gives each parameter one literal, and the history an empty one', async () => {
    const rows = (await printed()).match(/^\| \w+ \| `\{\{\w+\}\}` \| .*$/gmu) ?? [];
    expect(rows).toHaveLength(Object.keys(loadRunbook().manifest.parameters).length + 1);
    for (const row of rows) expect(row.split(' | ')[2]).toMatch(/^`[^`]+`$/u);
    expect(rows[0]).toContain('| `/app/results` |');
    expect(rows.at(-1)).toMatch(/^\| analysis_history \| `\{\{analysis_history\}\}` \| `""` \|/u);
  });

  it('leaves no variable but the declared parameters, no path of this machine and the package that it is given', async () => {
    const text = await printed();
    const declared = ['results_dir', ...Object.keys(loadRunbook().manifest.parameters)];
    const used = [...text.matchAll(/\{\{(.*?)\}\}/gsu)].map(([, name = '']) => name);
    expect(used.filter((name) => !declared.includes(name))).toEqual([]);
    expect(text).not.toMatch(/\{\{[#/{>&!~]/u);
    expect(text).not.toContain(process.cwd());
    expect(text).not.toMatch(/\/(?:home|Users|root)\//u);
    expect(text).toContain(`npm install -g ${PACKAGE} `);
  });

  it.each([
    ['an artifact', '{{artifacts.project.label}}', /steps\/01\.md:6: artifacts\.project\.label has no counterpart/u],
    ['a block', 'one\n{{#if params.greeting}}x{{/if}}', /steps\/01\.md:7: if has no counterpart/u],
    ['a helper', '{{usd 3}}', /steps\/01\.md:6: usd has no counterpart/u],
    ['a parameter in braces that are text', '\\{{greeting}}', /\{\{greeting\}\} as plain text has no counterpart/u],
  ])('refuses %s, naming file and line', async (_what, body, message) => {
    await expect(printed(loadRunbook(toyRunbook({ 'steps/01.md': step('connect', body) })))).rejects.toThrow(message);
  });
});
