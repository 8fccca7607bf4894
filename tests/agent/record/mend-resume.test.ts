import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Budget, DEFAULT_LIMITS } from '../../../agent/drivers/claude/budget.ts';
import { openClient } from '../../../agent/drivers/claude/client.ts';
import { claudeDriver } from '../../../agent/drivers/claude/driver.ts';
import { agentModel } from '../../../agent/drivers/claude/models.ts';
import { modelJudge } from '../../../agent/judge.ts';
import { liveSource } from '../../../agent/opened-source.ts';
import { ofType, readRecord } from '../../../agent/record/read.ts';
import { prepareResume, resumeOptions } from '../../../agent/resume.ts';
import { runRunbook } from '../../../agent/run.ts';
import type { RunOptions } from '../../../agent/run-options.ts';
import { diligent, isJudged, type MessagesBody, startMessages, toolUse, uses, votes } from '../../servers/messages.ts';
import { mendingRunbook } from '../mending.ts';
import { fixedSource, temporaryFolder } from '../toy.ts';
import { filesIn, replayOf } from './runs.ts';

/** What the judge gives to drafts 1, 2, 3. */
const SCORES = [2, 3, 5];
const REPORT = 'recommendations.md';

/** A model that mends draft N by writing draft N + 1, whatever process asks. */
async function world() {
  const runbook = mendingRunbook();
  const place = { dir: '' };
  const draftIn = (text: string) => Number(/# Draft (\d)/u.exec(text)?.[1] ?? 1);
  const answer = (body: MessagesBody) => {
    if (isJudged(body)) return votes(body, SCORES[draftIn(JSON.stringify(body)) - 1] ?? 1);
    const blocks = body.messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
    const isMending = JSON.stringify(body.messages[0]).includes('Mend it.');
    if (!isMending || blocks.some(({ name }) => name === 'write_artifact')) return diligent(body);
    const next = draftIn(readFileSync(path.join(place.dir, REPORT), 'utf8')) + 1;
    return uses(toolUse('write_artifact', { path: REPORT, content: `# Draft ${next}` }));
  };
  const server = await startMessages(answer);
  onTestFinished(() => server.close());
  const model = await agentModel('claude-sonnet-4-6', 'anthropic');
  const client = await openClient('anthropic', model, { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: server.url });
  const perform = (options: Partial<RunOptions> & { resultsDir: string }) => {
    place.dir = options.resultsDir;
    const budget = new Budget(DEFAULT_LIMITS);
    const parts = { client, provider: 'anthropic', model, budget } as const;
    return runRunbook(
      {
        runbook,
        open: liveSource(() => Promise.resolve(fixedSource(() => [[1]]))),
        asked: { specs: ['toy'], as_of: null },
        overwrite: false,
        parameters: {},
        driver: claudeDriver({ ...parts, runbook }),
        judge: (context) => modelJudge({ ...parts, samples: 1, authors: [] }, context),
        rounds: 3,
        note: '',
        env: {},
        signal: new AbortController().signal,
        ...options,
      },
      () => undefined,
    );
  };
  return { runbook, perform };
}

describe('a run that is killed while it is graded and mended', () => {
  it('reaches the same end from every event on, and grades no round twice', async () => {
    const { runbook, perform } = await world();
    const whole = path.join(temporaryFolder(), 'whole');
    expect(await perform({ resultsDir: whole })).toMatchObject({ exitCode: 0 });
    const { events } = readRecord(whole);
    expect(ofType(events, 'graded').map(({ average }) => average)).toEqual(SCORES);
    const first = ofType(events, 'graded')[0]?.seq ?? 0;
    expect(events.length - first).toBeGreaterThan(20);
    const lines = readFileSync(path.join(whole, 'events.jsonl'), 'utf8').split('\n');

    for (let left = first; left < events.length; left += 1) {
      const resultsDir = path.join(temporaryFolder(), 'killed');
      cpSync(whole, resultsDir, { recursive: true });
      writeFileSync(path.join(resultsDir, 'events.jsonl'), `${lines.slice(0, left).join('\n')}\n`);
      const record = readRecord(resultsDir);
      const options = resumeOptions(record, { runbook, acceptChanges: false });
      const outcome = await perform({ ...options, prepare: () => prepareResume(record) });
      const at = `killed behind event ${left}, ${events[left - 1]?.type}`;
      expect(outcome.exitCode, at).toBe(0);
      expect(filesIn(resultsDir), at).toEqual(filesIn(whole));
      const rounds = ofType(readRecord(resultsDir).events, 'graded').map(({ round }) => round);
      // A grade that was lost with its process is made again.
      const isLost = events[left - 1]?.type === 'graded';
      expect(rounds.length, at).toBe(isLost ? 4 : 3);
      expect(await replayOf(resultsDir), at).toMatchObject({ changes: [], deviations: [] });
    }
  }, 120_000);
});
