import { type ErrorCode, messageOf, RunbookError } from '../../lib/errors.ts';
import { oneLine, truncate } from '../../lib/format.ts';
import type { Criterion } from '../load.ts';
import { type JudgePrompt, judgePrompt } from './prompt.ts';
import { readVote, type Vote } from './vote.ts';

/** What a model answered, or that it would not. */
export type Answer = { kind: 'text'; text: string } | { kind: 'refused'; reason: string };

export interface Judge {
  model: string;
  /** Votes for each criterion. */
  samples: number;
  /** @throws where the model cannot be asked at all */
  ask(prompt: JudgePrompt): Promise<Answer>;
}

export interface Judgement {
  id: string;
  votes: Vote[];
  /** Why votes do not count. */
  void: string[];
  /** The lower median of the votes; null where none counts. */
  median: number | null;
  /** Between the highest and the lowest vote. */
  spread: number | null;
}

/** A model's judgement, or why there is none: then the checks alone decide. */
export type Judged = { kind: 'model'; model: string; criteria: Judgement[] } | { kind: 'checks'; note: string };

interface Material {
  criteria: readonly Criterion[];
  report: string;
  /** By criterion: what the checks allow, and why. */
  checked: ReadonlyMap<string, { score: number; reasons: readonly string[] }>;
}

/**
 * Lets a model judge each criterion by itself, several times. What it answers can only lower what the checks allow; an answer that is
 * malformed counts for nothing. A model that cannot be reached leaves the checks alone to decide.
 * @throws RunbookError `interrupted` and `agent_budget`: they end more than the judging
 */
export async function judgeReport({ criteria, report, checked }: Material, judge: Judge): Promise<Judged> {
  const judgements: Judgement[] = [];
  try {
    // One criterion after the other: the first vote puts the report into the prompt cache, the others read it there.
    for (const criterion of criteria) {
      const prompt = judgePrompt(criterion, report, checked.get(criterion.id) ?? null);
      judgements.push(await judgeCriterion(criterion.id, prompt, report, judge));
    }
  } catch (error) {
    if (error instanceof RunbookError && ENDS_RUN.has(error.code)) throw error;
    return { kind: 'checks', note: `the judge could not be asked: ${truncate(oneLine(messageOf(error)), 300)}` };
  }
  return { kind: 'model', model: judge.model, criteria: judgements };
}

const ENDS_RUN = new Set<ErrorCode>(['interrupted', 'agent_budget', 'log']);

async function judgeCriterion(id: string, prompt: JudgePrompt, report: string, judge: Judge): Promise<Judgement> {
  const first = await askOnce(prompt, report, judge);
  const rest = await Promise.all(Array.from({ length: judge.samples - 1 }, () => askOnce(prompt, report, judge)));
  const read = [first, ...rest];
  const votes = read.flatMap((one) => ('vote' in one ? [one.vote] : []));
  const scores = votes.map(({ score }) => score).sort((a, b) => a - b);
  const [low] = scores;
  const high = scores.at(-1);
  return {
    id,
    votes,
    void: read.flatMap((one) => ('void' in one ? [one.void] : [])),
    median: scores[Math.floor((scores.length - 1) / 2)] ?? null,
    spread: low === undefined || high === undefined ? null : high - low,
  };
}

/** A vote that does not count is asked for once more. */
async function askOnce(prompt: JudgePrompt, report: string, judge: Judge) {
  const first = read(await judge.ask(prompt), report);
  return 'vote' in first ? first : read(await judge.ask(prompt), report);
}

function read(answer: Answer, report: string) {
  return answer.kind === 'text' ? readVote(answer.text, report) : { void: `it refuses: ${answer.reason}` };
}
