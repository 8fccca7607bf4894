import type { ToolContext } from '../tools/tool.ts';
import type { EventBody } from './events.ts';
import type { Step } from './runbook/manifest.ts';

/** What a driver is given for one step. */
export interface StepContext {
  step: Step;
  /** The step's text, rendered with what the steps before it left. */
  text: string;
  tools: ToolContext;
  emit(event: EventBody): void;
}

/** Performs steps; the run decides their order, checks what they leave, and stops at gates. */
export interface Driver {
  readonly kind: 'scripted';
  /** @throws RunbookError what the step's tools throw */
  performStep(context: StepContext): Promise<void>;
}
