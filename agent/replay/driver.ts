import { isDeepStrictEqual } from 'node:util';
import { RunbookError } from '../../lib/errors.ts';
import { failureOf } from '../call-tool.ts';
import type { Driver, StepContext } from '../driver.ts';
import type { RunRecord } from '../record/read.ts';
import type { RecordedCall, RecordedStep } from '../record/story.ts';
import { errorOf } from '../recorded-source.ts';
import type { RenderedStep } from '../render.ts';
import type { Step } from '../runbook/manifest.ts';

/** Something that went otherwise than in the run. */
export type Deviation =
  | { kind: 'text'; step: number; recorded: string; now: string }
  | { kind: 'call'; step: number; call: number; tool: string; recorded: unknown; now: unknown };

/** Looks at a replay while it goes on; it waits until they are done. */
export interface ReplayHooks {
  beforeStep?(step: RecordedStep, rendered: RenderedStep): Promise<void>;
  /** @returns the input to make the call with */
  beforeCall?(step: RecordedStep, call: RecordedCall): Promise<unknown>;
  /** @returns whether the call is to be made again, with another input */
  afterCall?(step: RecordedStep, call: RecordedCall, outcome: CallOutcome): Promise<boolean>;
}

export type CallOutcome = { kind: 'finished'; output: unknown } | { kind: 'failed'; code: string; message: string };

/** Makes the calls that a run made, with the inputs of the record, whichever agent made them; no model is asked. */
export function replayDriver(
  record: RunRecord,
  story: readonly RecordedStep[],
  onDeviation: (what: Deviation) => void,
  hooks: ReplayHooks = {},
): Driver {
  const performed = new Map<number, number>();
  const next = (number: number): RecordedStep | undefined => {
    const times = performed.get(number) ?? 0;
    performed.set(number, times + 1);
    return story.filter((step) => step.number === number)[times];
  };
  return {
    kind: record.started.driver as Driver['kind'],
    async performStep(step, rendered, context) {
      const recorded = next(step.number);
      if (!recorded) throw notReached(step);
      compareText(record, { recorded, rendered }, onDeviation);
      await hooks.beforeStep?.(recorded, rendered);
      for (const call of recorded.calls) {
        // The process ended in the middle of it.
        if (call.outcome === null) continue;
        context.signal.throwIfAborted();
        let outcome: CallOutcome;
        do {
          const input = hooks.beforeCall ? await hooks.beforeCall(recorded, call) : call.input;
          outcome = await perform(step, { ...call, input }, context);
        } while (await hooks.afterCall?.(recorded, call, outcome));
        const deviation = compareCall(recorded, call, outcome);
        if (deviation) onDeviation(deviation);
        if (outcome.kind === 'failed' && call.outcome.kind === 'finished') throw errorOf({ ...outcome, hint: null });
      }
      return ended(recorded);
    },
  };
}

function notReached(step: Step): RunbookError {
  return new RunbookError('not_recorded', `The run did not perform step ${step.number} (${step.title}).`, {
    hint: 'Replay the steps before it with --to, or resume the run.',
  });
}

function compareText(
  { payloads }: RunRecord,
  { recorded, rendered }: { recorded: RecordedStep; rendered: RenderedStep },
  onDeviation: (what: Deviation) => void,
): void {
  const text = payloads.get(recorded.rendered).toString('utf8');
  if (text !== rendered.text) onDeviation({ kind: 'text', step: recorded.number, recorded: text, now: rendered.text });
}

async function perform(step: Step, call: RecordedCall, context: StepContext): Promise<CallOutcome> {
  try {
    const placeOf = () => `${step.file} (call ${call.call} of the run)`;
    return { kind: 'finished', output: await context.call({ tool: call.tool, input: call.input, placeOf }) };
  } catch (error) {
    const { code, message } = failureOf(error);
    return { kind: 'failed', code, message };
  }
}

function compareCall(
  step: RecordedStep,
  { call, tool, outcome }: RecordedCall,
  now: CallOutcome,
): Deviation | undefined {
  const then = comparable(outcome as CallOutcome);
  const today = comparable(now);
  if (isDeepStrictEqual(then, today)) return undefined;
  return { kind: 'call', step: step.number, call, tool, recorded: then, now: today };
}

/** What a call gave, as JSON; a refused input is named by another place in a replay. */
function comparable(outcome: CallOutcome): unknown {
  if (outcome.kind === 'finished') return JSON.parse(JSON.stringify(outcome.output ?? null));
  return { code: outcome.code, message: outcome.code === 'tool_input' ? '' : outcome.message };
}

/** A step that failed by itself (the model refused, its outputs were missing) fails again. */
function ended({ end }: RecordedStep): string | undefined {
  if (end?.type === 'step_finished') return end.note ?? undefined;
  if (end) throw errorOf(end);
  throw new RunbookError('not_recorded', 'The run ended in the middle of this step.', { hint: 'Resume it first.' });
}
