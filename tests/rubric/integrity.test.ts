import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { changedSince as changedIn } from '../../rubric/integrity.ts';
import { readLog } from '../../rubric/run-log.ts';

const changedSince = (dir: string, files: string[]) => changedIn(dir, readLog(dir), files);

/** A results dir with a log that names these files, as they were written. */
function results(files: Record<string, string>): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'integrity-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(path.join(dir, 'data'));
  const events = Object.entries(files).flatMap(([file, text]) => {
    writeFileSync(path.join(dir, file), text);
    const event = (content: string) => ({
      type: 'artifact_written',
      path: file,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    });
    // What was written over counts as it was written last.
    return [event('an earlier version'), event(text)];
  });
  const lines = [{ type: 'run_started' }, ...events].map((event, index) =>
    JSON.stringify({ seq: index + 1, run: 'r', ...event }),
  );
  writeFileSync(path.join(dir, 'events.jsonl'), `${lines.join('\n')}\n{"type":"artifact_wri`);
  return dir;
}

describe('evidence beside the log of its run', () => {
  it('is what was written last, whatever people do to the texts', () => {
    const dir = results({ 'data/a.csv': 'x', 'recommendations.md': '# R', 'summary.md': '# S' });
    expect(changedSince(dir, [])).toEqual([]);
    writeFileSync(path.join(dir, 'recommendations.md'), '# Mended by hand');
    expect(changedSince(dir, [])).toEqual([]);
  });

  it('is named where it was changed, removed, or replaced by a link', () => {
    const dir = results({ 'data/a.csv': 'x', 'data/b.json': '{}', 'data/c.json': '[]' });
    writeFileSync(path.join(dir, 'data/a.csv'), 'y');
    rmSync(path.join(dir, 'data/b.json'));
    rmSync(path.join(dir, 'data/c.json'));
    symlinkSync('a.csv', path.join(dir, 'data/c.json'));
    expect(changedSince(dir, [])).toEqual([
      'data/a.csv was changed after the run',
      'data/b.json, which the run wrote, is gone',
      'data/c.json, which the run wrote, is gone',
    ]);
  });

  it('is none where the log does not name it, or is empty', () => {
    const dir = results({ 'data/a.csv': 'x' });
    expect(changedSince(dir, ['data/a.csv', 'data/findings.json'])).toEqual([
      'data/findings.json is not in the log of the run',
    ]);
    writeFileSync(path.join(dir, 'events.jsonl'), '');
    expect(changedSince(dir, ['data/a.csv'])).toEqual([
      'events.jsonl is empty',
      'data/a.csv is not in the log of the run',
    ]);
    writeFileSync(path.join(dir, 'events.jsonl'), '{"seq":1,"run":"r","type":"run_started"}\n');
    expect(changedSince(dir, ['data/a.csv'])).toEqual(['data/a.csv is not in the log of the run']);
  });

  it('is taken as it is where there is no log', () => {
    const dir = results({ 'data/a.csv': 'x' });
    rmSync(path.join(dir, 'events.jsonl'));
    writeFileSync(path.join(dir, 'data/a.csv'), 'y');
    expect(changedSince(dir, [])).toEqual([]);
  });
});
