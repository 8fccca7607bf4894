import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { outlineIn } from '../../../platform/work/outlines.ts';

const LOG = path.join(import.meta.dirname, '../../agent/record/fixtures/run-v1/events.jsonl');
const work = mkdtempSync(path.join(tmpdir(), 'outlines-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function dirWith(lines: string): { dir: string; file: string } {
  const dir = mkdtempSync(path.join(work, 'run-'));
  writeFileSync(path.join(dir, 'events.jsonl'), lines);
  return { dir, file: path.join(dir, 'events.jsonl') };
}

describe('the outline of a run', () => {
  const lines = readFileSync(LOG, 'utf8').split('\n').slice(0, -1);

  it('is read again when the log has grown, and only then', () => {
    const ends = lines.flatMap((line, index) => (line.includes('"step_finished"') ? [index + 1] : []));
    const [first = 0, second = 0] = ends;
    const { dir, file } = dirWith(`${lines.slice(0, first).join('\n')}\n`);
    const before = outlineIn(dir);
    expect(before?.steps.map(({ status }) => status)).toEqual(['done']);
    expect(outlineIn(dir)).toBe(before);
    appendFileSync(file, `${lines.slice(first, second).join('\n')}\n`);
    const after = outlineIn(dir);
    expect(after?.steps.map(({ status }) => status)).toEqual(['done', 'failed', 'done']);
    expect(after?.planned).toEqual(before?.planned);
    expect(after?.files).toContain('events.jsonl');
  });

  it('is read from the beginning where the log is another one, or was cut', () => {
    const { dir, file } = dirWith(`${lines.slice(0, 12).join('\n')}\n`);
    expect(outlineIn(dir)?.steps.map(({ status }) => status)).toEqual(['done', 'open']);
    writeFileSync(file, `${lines.slice(0, 9).join('\n')}\n`);
    expect(outlineIn(dir)?.steps.map(({ status }) => status)).toEqual(['done']);
    appendFileSync(file, lines[9]?.slice(0, 20) ?? '');
    expect(outlineIn(dir)?.steps).toHaveLength(1);
    appendFileSync(file, `${lines[9]?.slice(20)}\n`);
    expect(outlineIn(dir)?.steps).toHaveLength(2);
    expect(outlineIn(dir)).toEqual(outlineIn(dirWith(`${lines.slice(0, 10).join('\n')}\n`).dir));
  });

  it('is none before there is a log, and while its first line is written', () => {
    expect(outlineIn(path.join(work, 'nowhere'))).toBeUndefined();
    const { dir, file } = dirWith('{"v":1,"seq":1');
    expect(outlineIn(dir)).toBeUndefined();
    writeFileSync(file, `${lines.slice(0, 1).join('\n')}\n`);
    expect(outlineIn(dir)?.steps).toEqual([]);
  });
});
