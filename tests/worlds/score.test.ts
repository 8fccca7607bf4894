import { expect, test } from 'vitest';
import { type ScoredFinding, scoreFindings } from './score.ts';
import { generateWorld } from './world.ts';

const world = generateWorld({ seed: 21, problems: ['rate_limited', 'model_misuse', 'timeouts'], content: true });
const perfect: ScoredFinding[] = world.planted.map(({ kind, operation, traceIds }) => ({
  kind,
  operation,
  trace_ids: traceIds.slice(0, 50),
}));
const [first] = perfect as [ScoredFinding];

test('findings that name everything leave nothing to complain of', () => {
  const score = scoreFindings(perfect, world);
  expect(score.found.map(({ kind }) => kind)).toEqual(['rate_limited', 'model_misuse', 'timeouts']);
  expect([score.missed, score.false, score.wrongTraces, score.beside]).toEqual([[], [], [], []]);
});

test('a plant that nothing names is missed', () => {
  expect(scoreFindings(perfect.slice(1), world).missed.map(({ kind }) => kind)).toEqual(['rate_limited']);
});

test('a finding on a sound or an invented operation is false', () => {
  const operation = world.clean[0] ?? '';
  const extra = [
    { kind: 'prompt_bloat', operation, trace_ids: [] },
    { kind: 'prompt_bloat', operation: 'nowhere', trace_ids: [] },
  ];
  const score = scoreFindings([...perfect, ...extra], world);
  expect(score.false.map((entry) => [entry.operation, entry.shape])).toEqual([
    [operation, world.cleanShapes[operation]],
    ['nowhere', 'not in the world'],
  ]);
});

test('citing other traces does not count, even for the right problem', () => {
  const ids = first.trace_ids;
  const wrong = { ...first, trace_ids: ids.map((id, i) => (i < ids.length * 0.7 ? id : `other-${i}`)) };
  const score = scoreFindings([wrong, ...perfect.slice(1)], world);
  expect(score.wrongTraces).toHaveLength(1);
  expect(score.missed.map(({ kind }) => kind)).toEqual([first.kind]);
  expect(scoreFindings([{ ...first, trace_ids: [] }], world).wrongTraces).toHaveLength(1);
});

test('another kind on an operation with a problem, and a finding on the whole project, stand beside', () => {
  const extra = [
    { kind: 'output_variance', operation: first.operation, trace_ids: [] },
    { kind: 'cost_trend', operation: null, trace_ids: [] },
  ];
  const score = scoreFindings([...perfect, ...extra], world);
  expect(score.beside.map(({ kind }) => kind)).toEqual(['output_variance', 'cost_trend']);
  expect(score.false).toEqual([]);
});
