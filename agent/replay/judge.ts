import { RunbookError } from '../../lib/errors.ts';
import type { Answer, Judge } from '../../rubric/judge/contract.ts';
import { digestOfJson } from '../record/payloads.ts';
import { ofType, type RunRecord } from '../record/read.ts';

/** A judge that gives the votes of the record; undefined where no model judged. */
export function replayJudge(record: RunRecord): Judge | undefined {
  const asked = ofType(record.events, 'judge_asked');
  const judge = ofType(record.events, 'judge_opened').at(-1);
  if (!judge) return undefined;
  const votes = new Map<string, string[]>();
  for (const { question, answer } of asked) votes.set(question, [...(votes.get(question) ?? []), answer]);
  return {
    model: judge.model,
    authors: judge.authors,
    samples: judge.samples,
    async ask(prompt): Promise<Answer> {
      const answer = votes.get(digestOfJson(prompt))?.shift();
      if (answer === undefined)
        throw new RunbookError('not_recorded', 'The judge was not asked this question, or gave no answer to it.', {
          hint: 'The report is another than the one that was judged.',
        });
      return record.payloads.getJson(answer) as Answer;
    },
  };
}
