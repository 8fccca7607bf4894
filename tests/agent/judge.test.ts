import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Budget, DEFAULT_LIMITS } from '../../agent/drivers/claude/budget.ts';
import { openClient } from '../../agent/drivers/claude/client.ts';
import { agentModel } from '../../agent/drivers/claude/models.ts';
import { type JudgeOptions, modelJudge } from '../../agent/judge.ts';
import { authorsOf, judgeModel } from '../../agent/judge-model.ts';
import { type Grade, gradeResults } from '../../rubric/grade.ts';
import { ResultsDir } from '../../tools/results-dir.ts';
import { type Files, goodFiles, validated, writeFiles } from '../rubric/fixture.ts';
import { firstText, type MessagesBody, type Reply, says, startMessages } from '../servers/messages.ts';

let good: Files;
beforeAll(async () => {
  good = await validated(goodFiles());
});

const answer = (more: object = {}) =>
  JSON.stringify({
    evidence: [{ quote: 'Executive Summary', where: 'line 3' }],
    missing: [],
    reasoning: 'As the anchors say.',
    cannot_judge: false,
    score: 5,
    ...more,
  });
const error = (status: number, type: string): Reply => ({ kind: 'error', status, type, message: 'no', headers: {} });

interface Wish {
  mustJudge?: boolean;
  limits?: JudgeOptions['limits'];
  budget?: Budget;
  authors?: string[];
}

/** Grades a good report with a judge behind a loopback Messages API. */
async function judged(next: (body: MessagesBody, n: number) => Reply, wish: Wish = {}) {
  const server = await startMessages(next);
  onTestFinished(() => server.close());
  const model = await agentModel('claude-haiku-4-5', 'anthropic');
  const client = await openClient('anthropic', model, { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: server.url });
  const { mustJudge = true, budget = new Budget(DEFAULT_LIMITS), authors = [] } = wish;
  const limits = { firstPauseS: 0.001, idleMs: 2000, voteMs: 10_000, ...wish.limits };
  const judge = modelJudge(
    { client, provider: 'anthropic', model, samples: 3, budget, authors, limits },
    { runId: 'run', signal: new AbortController().signal, emit: () => undefined },
  );
  const started = performance.now();
  const grade = await gradeResults(writeFiles(good), { judge, mustJudge });
  return { grade, bodies: server.bodies, elapsedMs: performance.now() - started };
}

function judgementsOf({ judge }: Grade) {
  return judge.kind === 'model' && 'criteria' in judge ? judge.criteria : [];
}
const isRoadmap = (body: MessagesBody) => firstText(body).includes('Criterion: Roadmap');

describe('a judge behind the Messages API', () => {
  it.each<[string, Reply, RegExp]>([
    ['no JSON', says('I would give this a 5!'), /not a JSON object/u],
    ['prose before the JSON', says(`My verdict: ${answer()}`), /not a JSON object/u],
    ['JSON inside JSON', says(JSON.stringify({ vote: answer() })), /evidence: /u],
    ['a score of 9', says(answer({ score: 9 })), /score: /u],
    ['a score of 0', says(answer({ score: 0 })), /score: /u],
    ['a score as text', says(answer({ score: '5' })), /score: /u],
    ['a score without reasons', says(answer({ reasoning: ' ' })), /reasoning: /u],
    ['no evidence', says(answer({ evidence: [] })), /without quoting/u],
    [
      'an invented quotation',
      says(answer({ evidence: [{ quote: 'the best report of all times', where: '' }] })),
      /does not say/u,
    ],
    [
      'a quotation of one letter',
      says(answer({ evidence: [{ quote: 'e', where: '' }] })),
      /without quoting a passage/u,
    ],
    ['a refusal', says('', 'refusal'), /refuses/u],
    ['an answer that is cut', says(answer(), 'max_tokens'), /longer than/u],
    ['an empty answer', { kind: 'message', content: [], stopReason: 'end_turn' }, /not a JSON object/u],
    ['a huge answer', says(answer({ reasoning: 'x'.repeat(500_000) })), /characters/u],
    ['HTTP 400', error(400, 'invalid_request_error'), /no answer: .* 400/u],
    ['HTTP 401', error(401, 'authentication_error'), /no answer: .* 401/u],
    ['HTTP 429', error(429, 'rate_limit_error'), /no answer: .* 429/u],
    ['HTTP 500', error(500, 'api_error'), /no answer: .* 500/u],
    ['HTTP 529', error(529, 'overloaded_error'), /no answer: .* 529/u],
    ['an error in the stream', { kind: 'stream_error', type: 'api_error', message: 'no' }, /no answer: /u],
    ['a stream that is cut', { kind: 'cut' }, /no answer: /u],
  ])('%s is no vote and no pass, and the votes on other criteria stay', async (_name, reply, why) => {
    const { grade } = await judged((body) => (isRoadmap(body) ? reply : says(answer())));
    expect(grade).toMatchObject({ passed: false, verdict: 'not_judged' });
    expect(grade.notes.join('\n')).toContain('Roadmap has no valid judgement');
    const judgements = judgementsOf(grade);
    expect(judgements.map(({ id, votes, median }) => [id, votes.length, median])).toEqual(
      grade.criteria.map(({ id }) => (id === 'roadmap' ? [id, 0, null] : [id, 3, 5])),
    );
    expect(judgements.find(({ id }) => id === 'roadmap')?.void.join('\n')).toMatch(why);
    for (const { score, checks } of grade.criteria) expect(score).toBeLessThanOrEqual(checks ?? 0);
  });

  it('extra keys are left out of a vote', async () => {
    const { grade } = await judged(() => says(answer({ score: 4, average: 5, passed: true })));
    expect(grade).toMatchObject({ average: 4, verdict: 'passed' });
    expect(JSON.stringify(grade.judge)).not.toContain('"passed"');
  });

  it('low votes stay where a later request fails', async () => {
    const { grade } = await judged((_body, n) =>
      n < 12 ? says(answer({ score: 1 })) : error(400, 'invalid_request_error'),
    );
    expect(grade.criteria.map(({ score }) => score)).toEqual([1, 1, 1, 1, 5]);
    expect(grade).toMatchObject({ passed: false, verdict: 'failed', judge: { kind: 'model' } });
    const lenient = await judged(
      (_body, n) => (n < 12 ? says(answer({ score: 1 })) : error(400, 'invalid_request_error')),
      { mustJudge: false },
    );
    expect(lenient.grade).toMatchObject({ passed: false, verdict: 'failed' });
  });

  it('votes stay where the budget is used up in the middle, and nothing more is asked', async () => {
    const budget = new Budget({ ...DEFAULT_LIMITS, tokens: 1 });
    const { grade, bodies } = await judged(() => says(answer({ score: 2 })), { budget });
    expect(bodies).toHaveLength(1);
    expect(grade.criteria.map(({ score }) => score)).toEqual([2, 5, 5, 5, 5]);
    expect(grade).toMatchObject({ verdict: 'failed', judge: { stopped: { code: 'agent_budget' } } });
  });

  it.each([
    ['leaves the verdict open where a model must judge', true, { passed: false, verdict: 'not_judged' }],
    ['leaves it to the checks elsewhere', false, { passed: true, verdict: 'passed', judge: { kind: 'checks' } }],
  ])('one that is silent is given up in time, and %s', async (_name, mustJudge, wanted) => {
    const limits = { idleMs: 60_000, voteMs: 400 };
    const { grade, bodies, elapsedMs } = await judged(() => ({ kind: 'silent' }), { mustJudge, limits });
    expect(elapsedMs).toBeLessThan(8000);
    // There is no hope for the others.
    expect(bodies).toHaveLength(1);
    expect(grade).toMatchObject(wanted);
    expect(grade.notes.join('\n')).toContain('gave no vote within 0.4 s');
  });

  it('an interruption ends the judging', async () => {
    const controller = new AbortController();
    const server = await startMessages(() => {
      controller.abort();
      return { kind: 'silent' };
    });
    onTestFinished(() => server.close());
    const model = await agentModel('claude-haiku-4-5', 'anthropic');
    const client = await openClient('anthropic', model, { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: server.url });
    const judge = modelJudge(
      { client, provider: 'anthropic', model, samples: 1, authors: [], budget: new Budget(DEFAULT_LIMITS) },
      { runId: 'run', signal: controller.signal, emit: () => undefined },
    );
    await expect(gradeResults(writeFiles(good), { judge })).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('names author and judge, and says where they are the same', async () => {
    const other = await judged(() => says(answer()), { authors: ['claude-sonnet-4-6'] });
    expect(other.grade.judge).toMatchObject({ authors: ['claude-sonnet-4-6'], model: 'claude-haiku-4-5' });
    expect(other.grade.notes).not.toContainEqual(expect.stringContaining('same model'));
    const same = await judged(() => says(answer()), { authors: ['claude-opus-5', 'claude-haiku-4-5'] });
    expect(same.grade.notes).toContain('Author and judge are the same model, claude-haiku-4-5.');
  });
});

describe('the authors of a report', () => {
  const generation = (model: string, span = 'step') =>
    `${JSON.stringify({ type: 'generation', properties: { $ai_model: model, $ai_span_name: span } })}\n`;

  it('are all models of the log, but for its judge', () => {
    const log = [
      generation('claude-sonnet-4-6'),
      generation('claude-sonnet-4-6'),
      generation('anthropic/claude-opus-5'),
      generation('claude-haiku-4-5', 'judge'),
      '{"type":"generation", torn',
    ];
    const dir = writeFiles({ 'events.jsonl': log.join('') });
    expect(authorsOf(ResultsDir.open(dir))).toEqual(['claude-sonnet-4-6', 'claude-opus-5']);
    expect(authorsOf(ResultsDir.open(writeFiles({ 'a.md': 'x' })))).toEqual([]);
  });
});

describe('the model that judges', () => {
  it.each([
    ['is not the author', { authors: ['claude-sonnet-4-6'] }, 'claude-haiku-4-5'],
    ['is of another family', { authors: ['claude-haiku-5-5'] }, 'claude-sonnet-4-6'],
    ['is the one of the rubric', { authors: ['claude-sonnet-4-6'], rubric: 'claude-opus-5' }, 'claude-opus-5'],
    [
      'is not the one of the rubric, where that wrote the report',
      { authors: ['claude-haiku-4-5'], rubric: 'anthropic/claude-haiku-4.5' },
      'claude-sonnet-4-6',
    ],
    [
      'is the one that the user insists on',
      { authors: ['claude-haiku-4-5'], insisted: 'claude-haiku-4-5' },
      'claude-haiku-4-5',
    ],
    ['is a known one where nobody knows the author', { authors: [] }, 'claude-haiku-4-5'],
    ["is of no author's family", { authors: ['claude-haiku-4-5', 'claude-sonnet-5'] }, 'claude-opus-4-8'],
    [
      'is not the one of the rubric, where that mended the report',
      { authors: ['claude-opus-5', 'claude-haiku-4-5'], rubric: 'claude-haiku-4-5' },
      'claude-sonnet-4-6',
    ],
    [
      'is no author where every family wrote',
      { authors: ['claude-haiku-4-5', 'claude-sonnet-5', 'claude-opus-5'] },
      'claude-sonnet-4-6',
    ],
  ])('%s', async (_name, names, wanted) => {
    expect(await judgeModel(names, 'anthropic')).toBe(wanted);
  });
});
