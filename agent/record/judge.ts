import type { Judge } from '../../rubric/judge/contract.ts';
import type { EventBody } from '../events.ts';
import type { Recorder } from './recorder.ts';

/** A judge whose questions and answers are kept. */
export function recordedJudge(judge: Judge, recorder: Recorder, emit: (event: EventBody) => void): Judge {
  emit({ type: 'judge_opened', model: judge.model, authors: [...judge.authors], samples: judge.samples });
  return {
    model: judge.model,
    authors: judge.authors,
    samples: judge.samples,
    async ask(prompt) {
      const answer = await judge.ask(prompt);
      emit({ type: 'judge_asked', question: recorder.keep(prompt), answer: recorder.keep(answer) });
      return answer;
    },
  };
}
