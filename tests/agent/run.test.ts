import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../agent/events.ts';
import { Payloads } from '../../agent/record/payloads.ts';
import { LiveRecorder } from '../../agent/record/recorder.ts';
import { type ErrorCode, RunbookError } from '../../lib/errors.ts';
import { FRONTMATTER, fixedSource, manifestOf, NOW, runToy, step, temporaryFolder, toyRunbook } from './toy.ts';

const types = (events: RunEvent[]) => events.map(({ type }) => type);
const find = <T extends RunEvent['type']>(events: RunEvent[], type: T) =>
  events.find((event): event is Extract<RunEvent, { type: T }> => event.type === type);
const write = (file: string, content: string) =>
  `\`\`\`tool\nwrite_artifact:\n  path: ${file}\n  content: ${content}\n\`\`\`\n`;
const query = '```tool\nhogql_query:\n  name: one\n  sql: SELECT 1\n```\n';
const read = (dir: string, file: string) => readFileSync(path.join(dir, file), 'utf8');
const failing = (code: ErrorCode, message = 'No answer.') =>
  fixedSource(() => {
    throw new RunbookError(code, message, { hint: 'Try again.' });
  });

/** A runbook of steps that are gates only where they say so. */
function steps(...bodies: [id: string, body: string, more?: string][]): string {
  const names = bodies.map((_, index) => `steps/${index + 1}.md`);
  return toyRunbook({
    'runbook.yaml': manifestOf(...names),
    ...Object.fromEntries(bodies.map(([id, body, more], index) => [names[index], step(id, body, more)])),
  });
}

describe('runRunbook', () => {
  it('performs the steps in order, grades what they left, and logs every event', async () => {
    const { outcome, events } = await runToy(toyRunbook(), { parameters: { greeting: 'you' } });
    expect(outcome).toMatchObject({ exitCode: 1, report: path.join(outcome.resultsDir, 'recommendations.md') });
    expect(read(outcome.resultsDir, 'recommendations.md')).toBe('Hello you');
    expect(JSON.parse(read(outcome.resultsDir, 'grade.json'))).toMatchObject({ passed: false });
    expect(types(events)).toEqual([
      'run_started',
      'source_opened',
      'step_started',
      'tool_started',
      'tool_finished',
      'artifact_written',
      'artifact_written',
      'step_finished',
      'graded',
      'artifact_written',
      'round_finished',
      'run_finished',
    ]);
    const logged = read(outcome.resultsDir, 'events.jsonl').trimEnd().split('\n');
    expect(logged.map((line) => JSON.parse(line) as unknown)).toEqual(JSON.parse(JSON.stringify(events)));
    expect(find(events, 'round_finished')).toMatchObject({
      round: 1,
      of: 3,
      note: expect.stringContaining('same calls'),
    });
  });

  it('pins the window once, and gives steps and queries the same one', async () => {
    let asked = 0;
    const now = () => {
      asked += 1;
      return new Date(NOW.getTime() + asked * 1000);
    };
    const source = { ...fixedSource(), now };
    const dir = steps(
      ['a', write('a.md', '"{{window.from}} {{window.to}}"')],
      ['b', write('b.md', '"{{window.from}} {{window.to}}"')],
    );
    const { outcome, events } = await runToy(dir, { source: async () => source, parameters: { window_days: '1' } });
    expect(read(outcome.resultsDir, 'a.md')).toBe('2026-07-30T12:00:01.000Z 2026-07-31T12:00:01.000Z');
    expect(read(outcome.resultsDir, 'b.md')).toBe(read(outcome.resultsDir, 'a.md'));
    expect(find(events, 'source_opened')?.window.to).toBe('2026-07-31T12:00:01.000Z');
  });

  it('renders a step at its turn, with the artifacts that the steps before it left', async () => {
    const dir = steps(
      ['a', write('data/price_map.json', `'{"x": {"y": 0.25}}'`) + write('data/rows.csv', '"id,n\\n007,2\\n"')],
      [
        'b',
        write('b.md', '"{{artifacts.price_map.x.y}} {{#each artifacts.rows}}{{id}}={{usd n}}{{/each}} {{run.id}}"'),
      ],
    );
    const { outcome, events } = await runToy(dir);
    expect(read(outcome.resultsDir, 'b.md')).toBe(`0.25 007=$2.00 ${events[0]?.run}`);
  });

  it('fails at the step whose template asks for what is not there, with its line', async () => {
    const dir = steps(['a', write('a.md', 'x')], ['b', `\n${write('b.md', '"{{artifacts.nothing.x}}"')}`]);
    const { outcome, events } = await runToy(dir);
    expect(outcome.exitCode).toBe(5);
    expect(find(events, 'step_failed')).toMatchObject({
      number: 2,
      code: 'runbook_invalid',
      message: expect.stringMatching(/steps\/2\.md:10: .*nothing/u),
    });
  });

  it('counts and records every query, also those that fail', async () => {
    let calls = 0;
    const source = fixedSource(() => {
      calls += 1;
      if (calls === 2) throw new RunbookError('timeout', 'Too slow.');
      return [[1], [2]];
    });
    const { outcome, events } = await runToy(steps(['a', query + query]), { source: async () => source });
    const recorded = JSON.parse(read(outcome.resultsDir, 'data/queries.json')) as unknown[];
    expect(recorded).toMatchObject([
      { n: 1, step: 1, tool: 'hogql_query', name: 'one', sql: 'SELECT 1', rows: 2, response_bytes: 10, error: null },
      { n: 2, rows: 0, error: 'timeout: Too slow.' },
    ]);
    expect(find(events, 'tool_finished')).toMatchObject({ queries: 1, rows: 2, response_bytes: 10 });
    expect(find(events, 'run_finished')).toMatchObject({ queries: 2, response_bytes: 10, exit: 5 });
  });

  it.each(['auth', 'forbidden', 'not_found', 'network', 'config', 'timeout', 'server', 'gate'] as const)(
    'stops at a gate on %s: exit 3, a summary that says why, no report',
    async (code) => {
      const dir = toyRunbook({ 'steps/01.md': FRONTMATTER + write('recommendations.md', 'x') + query });
      const { outcome, events } = await runToy(dir, { source: async () => failing(code, `Refused (${code}).`) });
      expect(outcome).toMatchObject({ exitCode: 3, grade: null });
      expect(read(outcome.resultsDir, 'summary.md')).toContain(`Refused (${code}).`);
      expect(read(outcome.resultsDir, 'summary.md')).toContain('Try again.');
      expect(existsSync(path.join(outcome.resultsDir, 'recommendations.md'))).toBe(false);
      const report = JSON.parse(read(outcome.resultsDir, 'validation_report.json')) as { stages: unknown[] };
      expect(report).toMatchObject({ overall_passed: false, results: { generations_analyzed: 0, total_cost_usd: 0 } });
      expect(report.stages).toHaveLength(7);
      expect(report.stages[0]).toEqual({ name: 'connect', passed: false, message: `Refused (${code}).` });
      expect(find(events, 'gate_stopped')).toMatchObject({ number: 1, code });
    },
  );

  it('stops at the gate when the source cannot be opened for lack of credentials', async () => {
    const source = async () => {
      throw new RunbookError('config', 'POSTHOG_API_KEY is not set.');
    };
    const { outcome, events } = await runToy(toyRunbook(), { source });
    expect(outcome).toMatchObject({ exitCode: 3, report: null });
    expect(types(events)).toEqual([
      'run_started',
      'source_failed',
      'gate_stopped',
      'artifact_written',
      'artifact_written',
      'run_finished',
    ]);
  });

  it.each([
    ['server', 5],
    ['budget', 4],
  ] as const)('fails on %s in a step that is no gate with exit %i, and names the failed stage', async (code, exit) => {
    const dir = steps(['connect', write('a.md', 'x')], ['pricing', query]);
    const { outcome } = await runToy(dir, { source: async () => failing(code) });
    expect(outcome.exitCode).toBe(exit);
    const { stages } = JSON.parse(read(outcome.resultsDir, 'validation_report.json')) as { stages: unknown[] };
    expect(stages.slice(0, 3)).toMatchObject([
      { name: 'connect', passed: true },
      { name: 'pricing', passed: false, message: 'No answer.' },
      { name: 'metrics', passed: false, message: 'not reached' },
    ]);
    expect(read(outcome.resultsDir, 'summary.md')).toContain('stopped at step 2');
  });

  it('does not pass where the log does not take its end', async () => {
    const resultsDir = path.join(temporaryFolder(), 'results');
    class OnFullDisk extends LiveRecorder {
      override sync(): void {
        if (read(resultsDir, 'events.jsonl').includes('"type":"graded"')) throw new Error('ENOSPC');
        super.sync();
      }
    }
    const recorder = new OnFullDisk(new Payloads(resultsDir));
    const { outcome, events } = await runToy(toyRunbook(), { resultsDir, recorder, rounds: 1 });
    expect(outcome.exitCode).toBe(5);
    expect(find(events, 'grade_failed')?.message).toContain('ENOSPC');
    expect(events.at(-1)).toMatchObject({ type: 'run_finished', exit: 5 });
    expect(read(resultsDir, 'events.jsonl')).not.toContain('run_finished');
  });

  it('does not take a fault of the program for a gate', async () => {
    const source = fixedSource(() => {
      throw new TypeError('x is not a function');
    });
    const dir = toyRunbook({ 'steps/01.md': FRONTMATTER + query });
    const { outcome, events } = await runToy(dir, { source: async () => source });
    expect(outcome.exitCode).toBe(5);
    expect(find(events, 'step_failed')).toMatchObject({ code: 'unexpected', message: 'x is not a function' });
  });

  it.each([
    [
      'an output that the step declares is missing',
      '',
      'tools: []\noutputs: [x.md]',
      /steps\/1\.md: the step did not leave its outputs: x\.md missing/u,
    ],
    [
      'an output is empty',
      write('x.md', '""'),
      'tools: [write_artifact]\noutputs: [x.md]',
      /did not leave its outputs: x\.md empty/u,
    ],
    [
      'a tool is called that the step does not list',
      query,
      'tools: [write_artifact]',
      /steps\/1\.md:7: the step may not call hogql_query/u,
    ],
    [
      'an input is wrong',
      '```tool\nhogql_query:\n  name: x\n  sql: 5\n```\n',
      'tools: [hogql_query]',
      /steps\/1\.md:9: hogql_query: sql: /u,
    ],
    [
      'an input has an unknown field',
      '\n```tool\nhogql_query:\n  sql: SELECT 1\n  save: x.csv\n```\n',
      'tools: [hogql_query]',
      /steps\/1\.md:10: hogql_query: save: .*save/u,
    ],
  ])('fails when %s', async (_what, body, more, expected) => {
    const { outcome, events } = await runToy(steps(['a', body, more]));
    expect(outcome.exitCode).toBe(5);
    expect(find(events, 'step_failed')?.message).toMatch(expected);
  });

  it('names the line of the step file also below a value of several lines', async () => {
    const dir = steps([
      'a',
      '```tool\nhogql_query:\n  sql: |\n    {{params.greeting}}\n    FROM events\n  limit: 5\n```\n',
      'tools: [hogql_query]',
    ]);
    const { events } = await runToy(dir, { parameters: { greeting: 'SELECT\n    1,\n    2' } });
    expect(find(events, 'step_failed')?.message).toMatch(/steps\/1\.md:11: hogql_query: limit: /u);
  });

  it('leaves no secret behind: not in the log, not in the summary', async () => {
    const key = 'phx_correct-horse/battery+staple';
    const echo = failing(
      'auth',
      `401 for key ${key} (${encodeURIComponent(key)}, ${Buffer.from(`x:${key}`).toString('base64')})`,
    );
    const dir = toyRunbook({ 'steps/01.md': FRONTMATTER + query });
    const { outcome, events } = await runToy(dir, { source: async () => echo, env: { TOY_API_KEY: key } });
    const left = ['events.jsonl', 'summary.md', 'validation_report.json'].map((file) => read(outcome.resultsDir, file));
    for (const text of [...left, JSON.stringify(events)]) {
      expect(text).toContain('[redacted:TOY_API_KEY]');
      expect(text).not.toContain(key);
      expect(text).not.toContain(encodeURIComponent(key));
      expect(text).not.toContain(Buffer.from(`x:${key}`).toString('base64').slice(8, 30));
    }
    expect(read(outcome.resultsDir, 'data/queries.json')).not.toContain(key);
  });
});

describe('the results dir', () => {
  it('is refused when it is not empty', async () => {
    const dir = temporaryFolder();
    writeFileSync(path.join(dir, 'mine.txt'), 'mine');
    await expect(runToy(toyRunbook(), { resultsDir: dir })).rejects.toThrow(/is not empty/u);
    expect(readdirSync(dir)).toEqual(['mine.txt']);
  });

  it('loses with --overwrite what an earlier run left, and nothing else', async () => {
    const dir = temporaryFolder();
    const earlier = steps(['a', write('data/old.json', '"1"') + write('notes.md', 'x')]);
    await runToy(earlier, { resultsDir: dir });
    mkdirSync(path.join(dir, 'data'), { recursive: true });
    writeFileSync(path.join(dir, 'data', 'mine.csv'), 'mine');
    writeFileSync(path.join(dir, 'mine.txt'), 'mine');
    const { events } = await runToy(toyRunbook(), { resultsDir: dir, overwrite: true });
    expect(existsSync(path.join(dir, 'data', 'old.json'))).toBe(false);
    expect(existsSync(path.join(dir, 'notes.md'))).toBe(false);
    expect(readdirSync(dir).sort()).toEqual([
      'data',
      'events.jsonl',
      'grade.json',
      'mine.txt',
      'payloads',
      'recommendations.md',
    ]);
    expect(read(dir, 'data/mine.csv')).toBe('mine');
    expect(
      new Set(
        read(dir, 'events.jsonl')
          .trimEnd()
          .split('\n')
          .map((line) => (JSON.parse(line) as RunEvent).run),
      ).size,
    ).toBe(1);
    const artifacts = events.flatMap((event) => (event.type === 'artifact_written' ? [event.path] : []));
    expect(artifacts).not.toContain('mine.txt');
  });

  it('stays as it was when the run cannot start', async () => {
    const dir = temporaryFolder();
    await runToy(toyRunbook(), { resultsDir: dir });
    const before = read(dir, 'events.jsonl');
    const source = async () => {
      throw new RunbookError('not_events', 'x.jsonl holds no events.');
    };
    await expect(runToy(toyRunbook(), { resultsDir: dir, overwrite: true, source })).rejects.toThrow(/no events/u);
    expect(read(dir, 'events.jsonl')).toBe(before);
    const fresh = path.join(temporaryFolder(), 'new');
    await expect(runToy(toyRunbook(), { resultsDir: fresh, source })).rejects.toThrow(/no events/u);
    expect(existsSync(fresh)).toBe(false);
  });

  it('gives a clear error where nothing can be written', async () => {
    await expect(runToy(toyRunbook(), { resultsDir: '/dev/null/results' })).rejects.toMatchObject({ code: 'io' });
  });

  it('is not followed out of by a link that an earlier log names', async () => {
    const [dir, outside] = [temporaryFolder(), temporaryFolder()];
    writeFileSync(path.join(outside, 'precious'), 'x');
    const line = { type: 'artifact_written', path: `../${path.basename(outside)}/precious` };
    writeFileSync(path.join(dir, 'events.jsonl'), `${JSON.stringify(line)}\n{"type":"artifact_written","pa`);
    await runToy(toyRunbook(), { resultsDir: dir, overwrite: true });
    expect(existsSync(path.join(outside, 'precious'))).toBe(true);
  });
});

describe('an interruption', () => {
  it('ends the run with 130, with what was done on record', async () => {
    const controller = new AbortController();
    const source = {
      ...fixedSource(),
      query: async () => {
        controller.abort();
        throw new RunbookError('interrupted', 'The query was interrupted.');
      },
    };
    const dir = steps(['a', write('a.md', 'x')], ['b', query], ['c', write('c.md', 'x')]);
    const { outcome, events } = await runToy(dir, { source: async () => source, signal: controller.signal });
    expect(outcome.exitCode).toBe(130);
    expect(find(events, 'step_finished')?.id).toBe('a');
    expect(find(events, 'step_failed')).toMatchObject({ id: 'b', code: 'interrupted' });
    expect(find(events, 'run_finished')?.exit).toBe(130);
    expect(existsSync(path.join(outcome.resultsDir, 'c.md'))).toBe(false);
  });

  it('does not wait for a call that does not listen', async () => {
    const controller = new AbortController();
    const source = {
      ...fixedSource(),
      query: () => {
        controller.abort();
        return new Promise<never>(() => undefined);
      },
    };
    const { outcome } = await runToy(steps(['a', query]), { source: async () => source, signal: controller.signal });
    expect(outcome.exitCode).toBe(130);
  });
});
