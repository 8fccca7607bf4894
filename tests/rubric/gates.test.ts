import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { gradeResults } from '../../rubric/grade.ts';
import { edit, type Files, goodFiles, validated, without, writeFiles } from './fixture.ts';

const VALIDATION = 'validation_report.json';
const REPORT = 'recommendations.md';
const QUERIES = 'data/queries.json';
const LOG = 'events.jsonl';
const PARAMS = { min_recommendations: 3 };
let good: Files;
beforeAll(async () => {
  good = await validated(goodFiles());
});

async function failedGates(files: Files): Promise<string[]> {
  const { gates } = await gradeResults(writeFiles(files));
  return gates.filter((gate) => !gate.passed).map((gate) => gate.name);
}
/** The files with a log of the run that wrote them; the report was mended since, so that its page is of an earlier one. */
function logged(files: Files, params: object, report = 'An earlier report.'): Files {
  const written = Object.entries({ ...files, [REPORT]: report }).map(([path, text]) => {
    const sha256 = createHash('sha256').update(text).digest('hex');
    return { type: 'artifact_written', path, bytes: Buffer.byteLength(text), sha256 };
  });
  const query = { type: 'query', ...JSON.parse(files[QUERIES] ?? '[]')[0] };
  const probe = { type: 'tool_finished', tool: 'probe_project', output: {} };
  const log = [{ type: 'run_started', params }, query, probe, ...written].map(
    (event, index) => `${JSON.stringify({ v: 1, seq: index + 1, run: 'r', ...event })}\n`,
  );
  return { ...files, 'events.jsonl': log.join('') };
}
const withPicture = (files: Files) =>
  edit(files, REPORT, '## Cost Analysis\n', '## Cost Analysis\n\n![Cost](figures/cost.svg)\n');
const figures = { 'figures/cost.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>', 'figures/cost.png': '\uFFFDPNG' };

describe('gates', () => {
  it('are named by id and titled in words', async () => {
    const { gates } = await gradeResults(writeFiles(good));
    expect(gates.at(0)).toEqual({
      name: 'outputs',
      title: 'Every mandatory file is there and holds something',
      passed: true,
      detail: 'ok',
    });
  });

  it.each<[string, (files: Files) => Files, string]>([
    [
      'a backend of another name',
      (f) =>
        edit(
          { ...f, 'data/project.json': (f['data/project.json'] ?? '').replace('{', '{"backend": "local",') },
          VALIDATION,
          '"local"',
          '"posthog"',
        ),
      'validation',
    ],
    ['another date', (f) => edit(f, VALIDATION, '"run_date": "2026-07-31', '"run_date": "2019-07-31'), 'validation'],
    ['another version', (f) => edit(f, VALIDATION, '"version": "1.0.0"', '"version": "9.9.9"'), 'validation'],
    ['a key of no contract', (f) => edit(f, VALIDATION, '{', '{ "grade": "A+",'), 'validation'],
    [
      'a stage that nobody checks',
      (f) => edit(f, VALIDATION, '"stages": [', '"stages": [{"name": "by_hand", "passed": true, "message": "ok"},'),
      'validation',
    ],
    ['another message', (f) => edit(f, VALIDATION, '26735 generations from', '99999 generations from'), 'validation'],
    ['modesty', (f) => edit(f, VALIDATION, '"overall_passed": true', '"overall_passed": false'), 'validation'],
    ['savings that differ by a tenth of a cent', (f) => edit(f, VALIDATION, '294.95', '294.951'), 'validation'],
    ['no queries', (f) => without(f, QUERIES), 'data_read'],
    ['queries that all failed', (f) => edit(f, QUERIES, '"error": null', '"error": "refused"'), 'data_read'],
    ['queries without rows', (f) => edit(f, QUERIES, '"rows": 3', '"rows": 0'), 'data_read'],
    ['no page', (f) => without(f, 'report.html'), 'outputs'],
    ['a picture that is not there', withPicture, 'outputs'],
    ['a picture that is none', (f) => ({ ...withPicture(f), ...figures, 'figures/cost.svg': 'text' }), 'outputs'],
    [
      'a chart without its other format',
      (f) => without({ ...withPicture(f), ...figures }, 'figures/cost.png'),
      'outputs',
    ],
    [
      'a picture outside the results',
      (f) => edit(f, REPORT, '## Cost Analysis\n', '## Cost Analysis\n\n![Cost](../a.svg)\n'),
      'outputs',
    ],
    [
      'no findings for the recommendations',
      (f) => ({ ...f, 'data/findings.json': '{"version": 1, "findings": []}' }),
      'artifacts',
    ],
    ['a metric that was changed', (f) => edit(f, 'data/metrics_by_span.csv', '30500000', '30500007'), 'artifacts'],
    ['no appendix', (f) => edit(f, REPORT, '## Appendix', '## Notes'), 'structure'],
    ['a placeholder in the summary', (f) => edit(f, 'summary.md', '# LLM', 'TODO\n\n# LLM'), 'clean_text'],
  ])('fail for %s', async (_name, make, name) => {
    expect(await failedGates(good)).toEqual([]);
    expect(await failedGates(make(good))).toContain(name);
  });

  it('take the parameters from the log of the run', async () => {
    expect(await failedGates(logged(good, PARAMS))).toEqual([]);
    expect(await failedGates(logged(good, { ...PARAMS, top_n: 5 }))).toEqual(['validation']);
  });

  it.each<[string, (files: Files) => Files, RegExp]>([
    ['a gap', (f) => edit(f, LOG, /^.*"seq":3,.*\n/mu, ''), /event 4 stands where 3 is next/u],
    ['a query of other rows', (f) => edit(f, LOG, '"rows":3', '"rows":9'), /rows of query 1/u],
    [
      'no page in it',
      (f) => edit(f, LOG, /,"path":"report.html"/u, ',"path":"other.html"'),
      /report.html is not in the log/u,
    ],
    ['another report than the page', (f) => logged(good, PARAMS, f[REPORT]), /report.html is no page/u],
  ])('fail for a log with %s', async (_what, change, reason) => {
    const { gates } = await gradeResults(writeFiles(change(logged(good, PARAMS))));
    expect(gates.find(({ name }) => name === 'unchanged')).toMatchObject({
      passed: false,
      detail: expect.stringMatching(reason),
    });
  });

  it('say where there is no log to hold the files against', async () => {
    const note = expect.stringContaining('no log of the run');
    expect((await gradeResults(writeFiles(good))).notes).toEqual([note]);
    expect((await gradeResults(writeFiles(logged(good, PARAMS)))).notes).toEqual([]);
  });

  it('let a run ask for fewer recommendations, and a judged file not', async () => {
    const one = edit(good, REPORT, /### Priority 2:[\s\S]*(?=## Implementation Roadmap)/u, '');
    const short = edit(one, REPORT, /^\| 2 \|[\s\S]*?(?=^\| \| \*\*Total)/mu, '');
    const claimed = {
      ...short,
      [VALIDATION]: (good[VALIDATION] ?? '').replace('"min_recommendations": 3', '"min_recommendations": 1'),
    };
    expect(await failedGates(claimed)).toContain('end_check');
    expect(await failedGates(logged(claimed, { min_recommendations: 1 }))).not.toContain('end_check');
  });

  it('accept pictures that are there', async () => {
    const dir = writeFiles({ ...withPicture(good), ...figures });
    writeFileSync(`${dir}/figures/cost.png`, Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
    const { gates } = await gradeResults(dir);
    expect(gates.find((gate) => gate.name === 'outputs')).toMatchObject({ passed: true });
  });
});
