import type { BudgetLimits } from './budget-limits.ts';
import type { EventBody, GenerationEvent } from './events.ts';
import type { RenderedStep } from './render.ts';
import type { Step } from './runbook/manifest.ts';

export interface ToolCall {
  tool: string;
  input: unknown;
  /** Names the place of a wrong input in an error: `steps/04-x.md:12`. */
  placeOf(path: readonly PropertyKey[]): string;
}

/** What a finished step hands on to later ones. */
export interface StepNote {
  number: number;
  title: string;
  summary: string;
}

/** What a driver is given for one step. */
export interface StepContext {
  signal: AbortSignal;
  runId: string;
  /** The runbook's parameters. */
  params: Readonly<Record<string, unknown>>;
  /** What is wrong with the step's outputs as they are now, a phrase each: `data/a.json missing`. */
  unfinished(): string[];
  /** What finished steps hand on, in order. */
  notes: readonly StepNote[];
  /** Without the secrets of the environment. */
  scrub<T>(value: T): T;
  /** Keeps a value in the run's record. @returns its payload */
  keep(value: unknown): string;
  emit(event: EventBody): void;
  /**
   * Calls a tool: its input and output are checked against its schemas, its queries are counted, and begin and end are logged.
   * @throws RunbookError `runbook_invalid` for a tool that the step may not call, `tool_input`, or what the tool throws
   */
  call(call: ToolCall): Promise<unknown>;
}

/** Performs steps; the run decides their order, checks what they leave, and stops at gates. */
export interface Driver {
  readonly kind: 'scripted' | 'claude' | 'claude-code';
  /** What a model may use, where the driver asks one. */
  readonly limits?: BudgetLimits;
  /** The id of its model, where it asks one. */
  readonly model?: string;
  /** Counts what an earlier process of the run has used already. */
  resume?(used: readonly GenerationEvent[]): void;
  /**
   * Performs one step. A step is done when it leaves its outputs, which the run checks; the driver only says that it has no more to do.
   * @returns what later steps must know, where the driver has something to say
   * @throws RunbookError what the step's tools throw
   */
  performStep(step: Step, rendered: RenderedStep, context: StepContext): Promise<string | undefined>;
}
