import { stepsOf } from '../../agent/record/parts.ts';
import type { RunRecord } from '../../agent/record/read.ts';
import type { RecordedCall, RecordedStep } from '../../agent/record/story.ts';
import type { RenderedStep } from '../../agent/render.ts';
import type { CallOutcome, Deviation, ReplayHooks } from '../../agent/replay/driver.ts';
import { messageOf, RunbookError } from '../../lib/errors.ts';
import { Breakpoints } from './breakpoints.ts';
import type { Commands } from './commands.ts';
import type { Place } from './place.ts';
import { callHead, contextText, inputText, outcomeText, outputText, stepHead } from './show.ts';

interface SessionParts {
  record: RunRecord;
  commands: Commands;
  /** Runs a query by hand. @throws RunbookError what the source throws */
  sql(text: string): Promise<string>;
  /** Artifacts and calls that differ from the record so far. */
  differences(): string;
}

/** Where the session stops next: at the next step, at the next call, or only at breakpoints. */
type Mode = 'step' | 'call' | 'run';

/** Goes through a run with a user: stops before steps and calls, shows what was recorded, and takes other inputs. */
export class ReplaySession implements Required<ReplayHooks> {
  readonly #parts: SessionParts;
  readonly #breakpoints: Breakpoints;
  #mode: Mode = 'step';
  #rendered: RenderedStep | undefined;
  #stopped = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#breakpoints = new Breakpoints(stepsOf(parts.record));
  }

  async beforeStep(step: RecordedStep, rendered: RenderedStep): Promise<void> {
    this.#rendered = rendered;
    if (this.#mode === 'run' && !this.#breakpoints.atStep(step)) return;
    this.#parts.commands.say(stepHead(step));
    await this.#stop({ kind: 'step', step, rendered });
  }

  async beforeCall(step: RecordedStep, call: RecordedCall): Promise<unknown> {
    this.#stopped = this.#mode === 'call' || this.#breakpoints.atTool(call.tool);
    if (!this.#stopped) return call.input;
    this.#parts.commands.say(callHead(step, call));
    return (await this.#stop({ kind: 'call', step, call })) ?? call.input;
  }

  /** A call that fails with an input of the user's is asked for again. */
  async afterCall(_step: RecordedStep, call: RecordedCall, outcome: CallOutcome): Promise<boolean> {
    if (!this.#stopped) return false;
    this.#parts.commands.say(outcomeText(call, outcome));
    return outcome.kind === 'failed' && call.outcome?.kind === 'finished';
  }

  /** @returns another input of the call, where one was given */
  async #stop(place: Place): Promise<unknown> {
    let edited: unknown;
    for (;;) {
      const { word, rest } = await this.#parts.commands.next(promptOf(place));
      try {
        const go = this.#goes(word, place);
        if (go) {
          this.#mode = go;
          return edited;
        }
        if (word === 'edit') edited = await this.#edit(place, rest, edited);
        else await this.#look(word, rest, { place, edited });
      } catch (error) {
        if (error instanceof RunbookError && error.code === 'interrupted') throw error;
        this.#parts.commands.say(
          `error: ${messageOf(error)}${error instanceof RunbookError && error.hint ? `\n  ${error.hint}` : ''}`,
        );
      }
    }
  }

  #goes(word: string, place: Place): Mode | undefined {
    if (word === 'next') return place.kind === 'step' ? 'step' : 'call';
    if (word === 'into') return 'call';
    if (word === 'out') return 'step';
    if (word === 'continue') return 'run';
    if (word === 'quit') throw new RunbookError('interrupted', 'The replay was left.');
    return undefined;
  }

  async #look(word: string, rest: string, { place, edited }: { place: Place; edited: unknown }): Promise<void> {
    const { commands, record, sql, differences } = this.#parts;
    switch (word) {
      case 'show':
        return commands.say(place.kind === 'step' ? place.rendered.text : inputText(place.call, edited));
      case 'step':
        return commands.say(this.#rendered?.text ?? '');
      case 'input':
        return commands.say(inputText(callOf(place), edited));
      case 'output':
        return commands.say(outputText(callOf(place)));
      case 'context':
        return commands.say(contextText(record, place));
      case 'break':
        return commands.say(this.#breakpoints.command(rest));
      case 'sql':
        return commands.say(await sql(rest));
      case 'diff':
        return commands.say(differences());
      case 'help':
        return commands.say(HELP);
      default:
        return commands.say(`There is no command ${word}. help lists them.`);
    }
  }

  async #edit(place: Place, text: string, before: unknown): Promise<unknown> {
    const call = callOf(place);
    const edited = await this.#parts.commands.json(text, before ?? call.input);
    this.#parts.commands.say(
      `The call will be made with this input; what the record does not hold is asked live.\n${inputText(call, edited)}`,
    );
    return edited;
  }
}

function callOf(place: Place): RecordedCall {
  if (place.kind === 'call') return place.call;
  throw new RunbookError('usage', 'Here is a step: `into` goes to its first call.');
}

function promptOf(place: Place): string {
  const { number, id } = place.step;
  return place.kind === 'step' ? `${number} ${id}> ` : `${number} ${id} › ${place.call.call} ${place.call.tool}> `;
}

const HELP = `next       perform this step or call, and stop at the next
into       go into the step: stop at its first call
out        perform the rest of the step
continue   go on to the next breakpoint, or to the end
break X    stop at step X (number or id) or at each call of tool X; break - X removes it; break lists them
show       the step as it was rendered, or the input of the call
step       the text of the step
context    what the agent knew: its messages, or parameters and notes
input      the recorded input of the call
output     the recorded output of the call
edit JSON  another input for this call; without JSON an editor opens ($EDITOR)
sql QUERY  ask the source; {from} and {to} are the window
diff       what differs from the record so far
quit       leave`;

/** What differs so far, for people. */
export function deviationsText(deviations: readonly Deviation[], files: readonly string[]): string {
  if (deviations.length === 0 && files.length === 0) return 'Nothing differs from the record so far.';
  return [
    ...deviations.map((one) =>
      one.kind === 'text'
        ? `step ${one.step}: another text`
        : `step ${one.step}, call ${one.call} (${one.tool}): another output`,
    ),
    ...files.map((file) => `${file}: another content`),
  ].join('\n');
}
