import type { Criterion } from '../load.ts';
import { Asking, type Polled } from './asking.ts';
import type { Judge } from './contract.ts';
import { type JudgePrompt, judgePrompt, MAX_REPORT, systemPrompt } from './prompt.ts';
import type { Subject } from './subject.ts';
import type { Vote } from './vote.ts';

export interface Judgement {
  id: string;
  votes: Vote[];
  /** Why votes do not count: not valid, or never given. */
  void: string[];
  /** The lower median of the votes; null where none counts. */
  median: number | null;
  /** Between the highest and the lowest vote. */
  spread: number | null;
}

/** A model's judgement, or why there is none: then the checks alone decide. */
export type Judged =
  | {
      kind: 'model';
      model: string;
      authors: readonly string[];
      criteria: Judgement[];
      /** How much of the report the judge was given, where it was not all of it, characters. */
      cut: { read: number; of: number } | null;
      /** Why it was asked no further, where not every vote was given. */
      stopped: { code: string; reason: string } | null;
    }
  | { kind: 'checks'; note: string };

interface Material {
  criteria: readonly Criterion[];
  report: string;
  /** What the report is, where it is not the trace optimizer's. */
  subject?: Subject | undefined;
  /** By criterion: what the checks allow, and why. */
  checked: ReadonlyMap<string, { score: number; reasons: readonly string[] }>;
  /** Whether a judge that gives no answer at all leaves the verdict open, instead of leaving it to the checks. */
  mustJudge: boolean;
}

/**
 * Lets a model judge each criterion by itself, several times. What it answers can only lower what the checks allow; an answer that is
 * malformed or does not come counts for nothing, and takes nothing from the votes that were given.
 * @throws RunbookError `interrupted` and `log`: they end more than the judging
 */
export async function judgeReport(material: Material, judge: Judge): Promise<Judged> {
  const { criteria, report, subject, checked, mustJudge } = material;
  const system = systemPrompt(subject, checked.size > 0);
  const asking = new Asking(judge, report);
  const judgements: Judgement[] = [];
  // One criterion after the other: the first vote puts the report into the prompt cache, the others read it there.
  for (const criterion of criteria) {
    const prompt = judgePrompt(criterion, { system, report }, checked.get(criterion.id) ?? null);
    judgements.push(await judgeCriterion(criterion.id, prompt, judge.samples, asking));
  }
  const { answered, failure } = asking;
  if (!answered && failure && !mustJudge)
    return { kind: 'checks', note: `the judge could not be asked: ${failure.reason}` };
  return {
    kind: 'model',
    model: judge.model,
    authors: judge.authors,
    criteria: judgements,
    cut: report.length > MAX_REPORT ? { read: MAX_REPORT, of: report.length } : null,
    stopped: failure,
  };
}

async function judgeCriterion(id: string, prompt: JudgePrompt, samples: number, asking: Asking): Promise<Judgement> {
  const first = await asking.poll(prompt);
  const rest = first.unanswered ? [] : Array.from({ length: samples - 1 }, () => asking.poll(prompt));
  return judgementOf(id, [first, ...(await Promise.all(rest))]);
}

function judgementOf(id: string, polled: readonly Polled[]): Judgement {
  const votes = polled.flatMap((one) => ('vote' in one ? [one.vote] : []));
  const scores = votes.map(({ score }) => score).sort((a, b) => a - b);
  const [low] = scores;
  const high = scores.at(-1);
  return {
    id,
    votes,
    void: polled.flatMap((one) => ('void' in one ? [one.void] : [])),
    median: scores[Math.floor((scores.length - 1) / 2)] ?? null,
    spread: low === undefined || high === undefined ? null : high - low,
  };
}
