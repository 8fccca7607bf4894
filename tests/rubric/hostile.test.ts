import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withComputed } from '../../agent/computed.ts';
import { type Grade, gradeResults } from '../../rubric/grade.ts';
import { renderGrade } from '../../rubric/render/text.ts';
import { readReport } from '../../rubric/report.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import { edit, type Files, goodFiles, validated, writeFiles } from './fixture.ts';

const REPORT = 'recommendations.md';
const good = await validated(goodFiles());

/** A grade as the command makes it. */
function grade(dir: string): Promise<Grade> {
  return gradeResults(dir, withComputed(ResultsDir.open(dir), {}));
}

function faultsOf({ gates }: Grade): string {
  return gates.flatMap(({ passed, name, detail }) => (passed ? [] : [`${name}: ${detail}`])).join('\n');
}

describe('a results dir that nobody would write', () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;

  it.each([
    ['data/failure_modes.json', deep],
    ['data/findings.json', (good['data/findings.json'] ?? '').replace('{', `{"more":${deep},`)],
    ['validation_report.json', (good['validation_report.json'] ?? '').replace('{', `{"more":${deep},`)],
    ['events.jsonl', `{"type":"run_started","params":{"x":${deep}}}\n`],
  ])('is refused where %s is nested too deeply', async (file, text) => {
    const result = await grade(writeFiles({ ...good, [file]: text }));
    expect(result.passed).toBe(false);
    expect(faultsOf(result)).toContain(`${file}: it is nested more than 100 deep`);
  });

  it.each(['data/history.json', 'data/profiles.json'])(
    'is graded without %s where that is nested too deeply',
    async (file) => {
      const result = await grade(writeFiles({ ...good, [file]: deep }));
      expect(result).toMatchObject({ claims: { checked: expect.any(Number), failed: [] } });
    },
  );

  it.each([REPORT, 'events.jsonl', 'data/facts.json', 'data/findings.json'])(
    'does not wait for a pipe called %s',
    async (file) => {
      const dir = writeFiles(good);
      rmSync(path.join(dir, file), { force: true });
      execFileSync('sh', ['-c', 'mkfifo "$0"', path.join(dir, file)]);
      const result = await grade(dir);
      expect(result.passed).toBe(false);
      expect(`${faultsOf(result)}\n${result.notes.join('\n')}`).toContain(`${file}`);
      expect(() => ResultsDir.open(dir).readText(file)).toThrow(`${file} cannot be read: it is no plain file.`);
    },
  );

  it('does not follow a folder that leads out', async () => {
    const dir = writeFiles(good);
    const elsewhere = `${dir}-elsewhere`;
    renameSync(path.join(dir, 'data'), elsewhere);
    symlinkSync(elsewhere, path.join(dir, 'data'));
    const result = await grade(dir);
    rmSync(elsewhere, { recursive: true });
    expect(result.passed).toBe(false);
    expect(faultsOf(result)).toContain('data/metrics_by_span.csv lies outside the results dir');
    expect(result.notes.join('\n')).toMatch(/not compared with the text that its data files give: .* outside/u);
    expect(renderGrade(result)).toContain('Note: The report was not compared');
  });

  it('does not read what a log names elsewhere', async () => {
    const dir = writeFiles(good);
    mkdirSync(`${dir}-other`);
    writeFileSync(`${dir}-other/x`, 'x');
    const name = { v: 1, seq: 1, run: 'r' };
    const event = {
      ...name,
      type: 'artifact_written',
      path: `../${path.basename(dir)}-other/x`,
      bytes: 1,
      sha256: '0',
    };
    writeFileSync(path.join(dir, 'events.jsonl'), `${JSON.stringify(event)}\n`);
    const result = await grade(dir);
    rmSync(`${dir}-other`, { recursive: true });
    expect(faultsOf(result)).toContain('which the log names, lies outside the results dir');
  });
});

describe('a report with the line ends of another system', () => {
  it.each([
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('is graded as any other: %s', async (_name, end) => {
    const files: Files = { ...good };
    for (const file of [REPORT, 'summary.md']) files[file] = (good[file] ?? '').replaceAll('\n', end);
    const [unix, other] = [await grade(writeFiles(good)), await grade(writeFiles(files))];
    expect({ ...other, digests: null }).toEqual({ ...unix, digests: null });
    expect(other.digests.report).not.toBe(unix.digests.report);
    const wrong = await grade(writeFiles(edit(files, REPORT, '$512.35', '$521.35')));
    expect(wrong.claims.failed.length).toBeGreaterThan(0);
  });
});

/** Processor time that grading takes, milliseconds: what else runs on the machine does not count. */
async function costOf(files: Files): Promise<{ result: Grade; elapsed: number }> {
  const dir = writeFiles(files);
  const started = process.cpuUsage();
  const result = await grade(dir);
  const { user, system } = process.cpuUsage(started);
  return { result, elapsed: (user + system) / 1_000 };
}

/** Such inputs took from half a minute to days. */
const MOST = 8_000;
const SIZE = 100_000;

describe('a report that is made to keep the grader busy', () => {
  const PLACE = '## Failure-Mode Analysis\n';
  const inserted = (text: string) => edit(good, REPORT, PLACE, `${text}\n\n${PLACE}`);
  const filled = (unit: string, length: number) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
  const lines = (unit: string) => Array.from({ length: SIZE / 4_000 }, () => filled(unit, 3_900));
  const UNITS = ['<style=', 'a 57', '1', '1 ', 'a', '5 of 7 ', 'trace_id', '`1', 'USD ', '-'];

  it.each(UNITS)('is unreadable with one line of %j, and fails at once', async (unit) => {
    const { result, elapsed } = await costOf(inserted(`x ${filled(unit, 19_000)}`));
    expect(faultsOf(result)).toMatch(/structure: recommendations\.md cannot be read: line \d+ is longer than 4000/u);
    expect(elapsed).toBeLessThan(MOST);
  });

  it.each(UNITS)('is read with many lines of %j', async (unit) => {
    const { result, elapsed } = await costOf(inserted(lines(unit).join('\n\n')));
    expect(faultsOf(result)).not.toContain('cannot be read');
    expect(elapsed).toBeLessThan(MOST);
  });

  it.each([
    ['a figure in code', `The \`1${' '.repeat(3_900)}x\` end.\n\n`.repeat(25)],
    ['table rows', `| a | b |\n|---|---|\n${`| ${filled('a 57', 3_900)} | 1 |\n`.repeat(25)}`],
    ['a rule of a table', `|${'-'.repeat(3_900)}x\n`.repeat(25)],
    ['a query', `\`\`\`sql\n${filled('trace_id', 19_000)}\n\`\`\``],
    ['spaces in a query', `\`\`\`sql\ntrace_id in${' '.repeat(19_000)}x\n\`\`\``],
  ])('is read with %s', async (_name, text) => {
    const { result, elapsed } = await costOf(inserted(text));
    expect(faultsOf(result)).not.toContain('cannot be read');
    expect(elapsed).toBeLessThan(MOST);
  });

  it('may show excerpts and code in long lines, and no other text', async () => {
    const fence = (heading: string, lang: string) => `${heading}\n\n\`\`\`${lang}\n${'a 57'.repeat(4_500)}\n\`\`\`\n`;
    expect((await readReport(fence('## Qualitative Findings', 'text'))).problem).toBeNull();
    expect((await readReport(fence('## Cost Analysis', 'sql'))).problem).toBeNull();
    expect((await readReport(fence('## Cost Analysis', 'text'))).problem).toMatch(/fence of line 3/u);
    expect((await readReport(`## Cost Analysis\n\n| a |\n|---|\n| ${'a'.repeat(4_000)} |\n`)).problem).toMatch(
      /line 5/u,
    );
  });

  it('fails for a summary that cannot be read', async () => {
    const { result } = await costOf({ ...good, 'summary.md': `${good['summary.md']}\n${'x'.repeat(4_001)}\n` });
    expect(result.passed).toBe(false);
    expect(faultsOf(result)).toMatch(/structure: summary\.md cannot be read: line \d+/u);
  });
});

describe('data of many rows', () => {
  const ROWS = 20_000;
  const CSV = 'data/metrics_by_span.csv';
  const [head = '', row = ''] = (good[CSV] ?? '').split('\n');
  const findings = JSON.parse(good['data/findings.json'] ?? '') as { findings: object[] };
  const samples = JSON.parse(good['data/qualitative_samples.json'] ?? '') as object[];
  const many = (item: object | undefined) =>
    Array.from({ length: ROWS }, (_, i) => ({ ...item, id: `f${i}`, operation: `o${i}` }));

  it.each([
    ['repeated operations', { [CSV]: [head, ...Array(ROWS).fill(row)].join('\n') }],
    [
      'operations',
      { [CSV]: [head, ...Array.from({ length: ROWS }, (_, i) => row.replace(/^\w+/u, `o${i}`))].join('\n') },
    ],
    ['findings', { 'data/findings.json': JSON.stringify({ ...findings, findings: many(findings.findings[0]) }) }],
    ['samples', { 'data/qualitative_samples.json': JSON.stringify(many(samples[0])) }],
  ])('are graded in linear time: %s', async (_name, files) => {
    const { result, elapsed } = await costOf({ ...good, ...files });
    expect(result.passed).toBe(false);
    expect(elapsed).toBeLessThan(2 * MOST);
  });
});
