import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withComputed } from '../../agent/computed.ts';
import { type Grade, gradeResults } from '../../rubric/grade.ts';
import { renderGrade } from '../../rubric/render/text.ts';
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
      execFileSync('mkfifo', [path.join(dir, file)]);
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
    const event = { type: 'artifact_written', path: `../${path.basename(dir)}-other/x`, sha256: '0' };
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
