import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../agent/events.ts';
import { EventLog } from '../../agent/log.ts';
import { Scrubber } from '../../agent/secrets.ts';
import { exitCodeOf } from '../../cli/errors.ts';
import { temporaryFolder } from './toy.ts';

function openLog(env: Record<string, string> = {}) {
  const file = path.join(temporaryFolder(), 'events.jsonl');
  const seen: RunEvent[] = [];
  const log = new EventLog({ run: 'r1', scrubber: new Scrubber(env), sinks: [(event) => seen.push(event)] });
  const lines = () => readFileSync(file, 'utf8').trimEnd().split('\n');
  return { file, log, seen, lines };
}

const STARTED = { type: 'tool_started', step: 1, call: 1, tool: 't', payload: null } as const;
const progress = (message: string) => ({ type: 'tool_progress', step: 1, tool: 't', message }) as const;

describe('EventLog', () => {
  it('writes one numbered event a line and shows readers the same', () => {
    const { file, log, seen, lines } = openLog();
    log.attach(file);
    for (const message of ['a', 'line\nbreak', '\u0000']) log.emit(progress(message));
    expect(lines().map((line) => JSON.parse(line) as unknown)).toEqual(seen);
    expect(seen.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(seen[0]).toMatchObject({ v: 1, run: 'r1', type: 'tool_progress', time: expect.stringMatching(/T.*Z$/u) });
  });

  it('keeps what happens before it has a file, and writes it first', () => {
    const { file, log, lines } = openLog();
    log.emit(progress('early'));
    expect(existsSync(file)).toBe(false);
    log.attach(file);
    log.emit(progress('late'));
    expect(lines()).toHaveLength(2);
    expect(lines()[0]).toContain('early');
  });

  it('appends to what is there', () => {
    const { file, log, lines } = openLog();
    log.attach(file);
    log.emit(progress('first'));
    log.close();
    const again = new EventLog({ run: 'r2', scrubber: new Scrubber({}), sinks: [] });
    again.attach(file);
    again.emit(progress('second'));
    expect(lines()).toHaveLength(2);
  });

  it('cuts long texts and lists, with a digest of the whole', () => {
    const { file, log, seen } = openLog();
    log.attach(file);
    log.emit({ ...STARTED, input: { text: 'x'.repeat(5000), list: Array(300).fill(1) } });
    const { input } = seen[0] as { input: { text: string; list: unknown[] } } & RunEvent;
    expect(input.text).toMatch(/^x{4000}… \(5000 characters, sha256 [\da-f]{64}\)$/u);
    expect(input.list).toHaveLength(201);
  });

  it('says where it cannot be written, but readers still see the event', () => {
    const { log, seen } = openLog();
    const isRunBroken = (error: unknown) => exitCodeOf(error) === 5;
    expect(() => log.attach('/dev/null/events.jsonl')).toThrow(expect.objectContaining({ code: 'log' }));
    expect(() => log.emit(progress('seen'))).toThrow(expect.toSatisfy(isRunBroken));
    expect(seen).toHaveLength(1);
  });

  it.runIf(existsSync('/dev/full'))(
    'lets nothing go on unrecorded on a full disk; readers still see what happens',
    () => {
      const { log, seen } = openLog();
      log.attach('/dev/full');
      expect(() => log.emit(progress('lost'))).toThrow(
        expect.objectContaining({ hint: expect.stringContaining('disk is full') }),
      );
      expect(() => log.emit(progress('seen'))).toThrow(expect.objectContaining({ code: 'log' }));
      expect(seen.at(-1)).toMatchObject({ message: 'seen' });
    },
  );

  it('never holds a secret, wherever it stands in an event and wherever the text is cut', () => {
    const secret = fc
      .string({ unit: 'grapheme-ascii', minLength: 12, maxLength: 40 })
      .filter((text) => text.trim().length > 11);
    fc.assert(
      fc.property(secret, fc.integer({ min: 3950, max: 4010 }), (value, before) => {
        const { file, log } = openLog({ SOME_PASSWORD: value });
        log.attach(file);
        const text = `${'·'.repeat(before)}${value}${'·'.repeat(50)}`;
        log.emit({
          ...STARTED,
          input: { text, [value]: [Buffer.from(value).toString('base64')] },
        });
        log.emit(progress(`https://x.test/?key=${encodeURIComponent(value)}`));
        log.close();
        const written = readFileSync(file, 'utf8');
        for (const line of written.trimEnd().split('\n')) {
          const unescaped = JSON.stringify(JSON.parse(line)).replaceAll('\\"', '"').replaceAll('\\\\', '\\');
          expect(unescaped).not.toContain(value.slice(0, 11));
        }
        expect(written).not.toContain(Buffer.from(value).toString('base64'));
        expect(written).not.toContain(encodeURIComponent(value));
      }),
      { numRuns: 30 },
    );
  });
});
