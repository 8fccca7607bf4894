import type { JudgePrompt } from './prompt.ts';

/** What a model answered, or that it would not. */
export type Answer = { kind: 'text'; text: string } | { kind: 'refused'; reason: string };

export interface Judge {
  model: string;
  /** The model that wrote the report, where one did and it is known. */
  author?: string | undefined;
  /** Votes for each criterion. */
  samples: number;
  /** @throws where there is no answer */
  ask(prompt: JudgePrompt): Promise<Answer>;
}
