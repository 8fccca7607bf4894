import type Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import { RunbookError } from '../../../lib/errors.ts';
import { loadTool } from '../../../tools/registry.ts';
import type { StepContext } from '../../driver.ts';
import type { RenderedStep } from '../../render.ts';
import type { Runbook, Step } from '../../runbook/manifest.ts';
import { toolBlocks } from '../../runbook/tool-blocks.ts';
import { dataLine } from '../../untrusted.ts';

export const FINISH_STEP = 'finish_step';
export const RUN_REFERENCE_CALL = 'run_reference_call';
const READ_ARTIFACT = 'read_artifact';

/** Most characters of one tool result, about 6,000 tokens; whole results are files. */
const MAX_RESULT = 24_000;

const finishInput = z.strictObject({
  summary: z
    .string()
    .min(1)
    .max(4000)
    .describe('What later steps must know: findings, figures with their files, what is odd or open'),
});
const referenceInput = z.strictObject({ number: z.number().int().min(1).describe('The number in the step file') });

const OWN: Anthropic.Tool[] = [
  {
    name: FINISH_STEP,
    description:
      'Ends the step. Call it alone, after the step\'s output files exist. If some are missing or not valid it says which. Example: {"summary": "9 operations; draft_reply is 41% of spend (data/metrics_by_span.csv)."}',
    input_schema: schemaOf(finishInput),
  },
  {
    name: RUN_REFERENCE_CALL,
    description:
      'Performs a reference call of the current step exactly as its step file has it. Example: {"number": 1}. Run them in order, since later ones may read what earlier ones wrote.',
    input_schema: schemaOf(referenceInput),
  },
];

/** The tools of the whole runbook in a fixed order, so that every step reads them from the prompt cache; a step may call its own only. */
export async function toolDefinitions({ steps }: Runbook): Promise<Anthropic.Tool[]> {
  const names = [...new Set([READ_ARTIFACT, ...steps.flatMap((step) => step.tools)])];
  const tools = await Promise.all(names.map(loadTool));
  const runbookTools = tools.map(({ name, description, input }) => ({
    name,
    description,
    input_schema: schemaOf(input),
  }));
  return [...OWN, ...runbookTools].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function schemaOf(schema: z.ZodType): Anthropic.Tool.InputSchema {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return json as Anthropic.Tool.InputSchema;
}

interface NamedCall {
  name: string;
  input: unknown;
}

export interface ToolOutcome {
  content: string;
  isError: boolean;
  /** The summary with which the step was finished. */
  finished?: string;
}

/** The tools as one step may use them. */
export class Toolbox {
  readonly #step: Step;
  readonly #rendered: RenderedStep;
  readonly #context: StepContext;

  constructor(step: Step, rendered: RenderedStep, context: StepContext) {
    this.#step = step;
    this.#rendered = rendered;
    this.#context = context;
  }

  /** Calls that change nothing may run beside each other. */
  isParallel({ name, input }: NamedCall): boolean {
    if (name === READ_ARTIFACT) return true;
    return name === 'hogql_query' && typeof input === 'object' && input !== null && !('save_as' in input);
  }

  /**
   * Runs one call of the model. What it can mend comes back as a result that says so.
   * @throws RunbookError what no other call can mend: a gate, refused credentials, an interruption
   */
  async run({ name, input }: NamedCall): Promise<ToolOutcome> {
    try {
      if (name === FINISH_STEP) return this.#finish(checked(finishInput, input, name).summary);
      if (name === RUN_REFERENCE_CALL) return await this.#reference(checked(referenceInput, input, name).number);
      const place = `your call of ${name}`;
      const output = await this.#context.call({
        tool: name,
        input: this.#rendered.expand(input),
        placeOf: () => place,
      });
      return this.#data(output);
    } catch (error) {
      if (!isMendable(error, this.#step.gate)) throw error;
      return { content: this.#context.scrub(advice(error)), isError: true };
    }
  }

  #finish(summary: string): ToolOutcome {
    const missing = this.#context.missing();
    if (missing.length === 0) return { content: 'The step is finished.', isError: false, finished: summary };
    return {
      content: `The step is not finished: ${missing.join(', ')} missing, empty or not valid. Run the reference calls that write them, or mend what failed.`,
      isError: true,
    };
  }

  async #reference(number: number): Promise<ToolOutcome> {
    const { file } = this.#step;
    const { text, lineAt } = this.#rendered;
    const all = toolBlocks(text, file, lineAt);
    const calls = all.filter((block) => block.fence === number);
    if (calls.length === 0) {
      const last = all.at(-1)?.fence ?? 0;
      throw new RunbookError('tool_input', `There is no reference call ${number} in this step.`, {
        hint: last === 0 ? 'The step has none: use its tools.' : `They are numbered 1 to ${last}.`,
      });
    }
    const outputs: unknown[] = [];
    for (const { tool, input, lineOf } of calls)
      outputs.push(await this.#context.call({ tool, input, placeOf: (path) => `${file}:${lineOf(path)}` }));
    return this.#data(outputs.length === 1 ? outputs[0] : outputs);
  }

  #data(output: unknown): ToolOutcome {
    const json = dataLine(this.#context.scrub(output));
    if (json.length <= MAX_RESULT) return { content: `DATA\n${json}\nEND OF DATA`, isError: false };
    const head = JSON.stringify(json.slice(0, MAX_RESULT));
    return {
      content: `DATA\n${head}\nEND OF DATA\nThis is the start of a result of ${json.length} characters. Ask for less, or page through the file that it was saved to with read_artifact.`,
      isError: false,
    };
  }
}

function checked<T>(schema: z.ZodType<T>, input: unknown, name: string): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new RunbookError('tool_input', `${name}: ${z.prettifyError(parsed.error)}`, {
    hint: 'Mend the input and call it again.',
  });
}

const MENDABLE = new Set(['tool_input', 'hogql', 'runbook_invalid', 'io']);
const PASSING = new Set(['timeout', 'network', 'server', 'rate_limited', 'bad_response']);

/** In a gate step a source that does not answer stops the run; later the model may try again or do without. */
function isMendable(error: unknown, gate: boolean): error is RunbookError {
  if (!(error instanceof RunbookError)) return false;
  return MENDABLE.has(error.code) || (!gate && PASSING.has(error.code));
}

function advice({ code, message, position, hint }: RunbookError): string {
  const at = position ? ` (characters ${position.start} to ${position.end})` : '';
  return `${code}: ${message}${at}${hint ? `\n${hint}` : ''}`;
}
