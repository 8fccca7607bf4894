import type { JudgePrompt } from './prompt.ts';

/** What a model answered, or that it would not. */
export type Answer = { kind: 'text'; text: string } | { kind: 'refused'; reason: string };

export interface Judge {
  model: string;
  /** The models that wrote and mended the report, as far as they are known. */
  authors: readonly string[];
  /** Votes for each criterion. */
  samples: number;
  /** @throws where there is no answer */
  ask(prompt: JudgePrompt): Promise<Answer>;
}
