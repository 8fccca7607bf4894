import type Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import { RunbookError } from '../../../lib/errors.ts';
import { truncate } from '../../../lib/format.ts';
import { loadTool } from '../../../tools/registry.ts';
import type { StepContext } from '../../driver.ts';
import type { RenderedStep } from '../../render.ts';
import type { Runbook, Step } from '../../runbook/manifest.ts';
import { type ToolBlock, toolBlocks } from '../../runbook/tool-blocks.ts';
import { dataBlock, dataLine, marked } from '../../untrusted.ts';

export const FINISH_STEP = 'finish_step';
export const RUN_REFERENCE_CALL = 'run_reference_call';
const READ_ARTIFACT = 'read_artifact';

/** Most characters of one tool result, about 6,000 tokens; whole results are files. */
const MAX_RESULT = 24_000;
/** Most characters of a failure's message. */
const MAX_MESSAGE = 2000;

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
  /** Files of the results dir may be others than before. */
  changed?: boolean;
}

/** The tools as one step may use them. */
export class Toolbox {
  readonly #step: Step;
  readonly #rendered: RenderedStep;
  readonly #context: StepContext;
  #blocks: ToolBlock[] | undefined;

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
      return { ...this.#data(output), changed: !this.isParallel({ name, input }) };
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (!isMendable(error, this.#step.gate)) throw error;
      return { content: this.#advice(error), isError: true };
    }
  }

  #finish(summary: string): ToolOutcome {
    const problems = this.#context.unfinished();
    if (problems.length === 0) return { content: 'The step is finished.', isError: false, finished: summary };
    return {
      content: `The step is not finished: ${problems.join('; ')}. Run the reference calls that write them, or mend what failed.`,
      isError: true,
    };
  }

  /** Read once a step: their SQL is long. */
  #referenceCalls(): ToolBlock[] {
    this.#blocks ??= toolBlocks(this.#rendered.text, this.#step.file, this.#rendered.lineAt);
    return this.#blocks;
  }

  async #reference(number: number): Promise<ToolOutcome> {
    const { file } = this.#step;
    const all = this.#referenceCalls();
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
    return { ...this.#data(outputs.length === 1 ? outputs[0] : outputs), changed: true };
  }

  #data(output: unknown): ToolOutcome {
    const json = dataLine(output, (value) => this.#context.scrub(value));
    if (json.length <= MAX_RESULT) return { content: marked(json), isError: false };
    return {
      content: `${dataBlock(json.slice(0, MAX_RESULT))}\nThis is the start of a result of ${json.length} characters. Ask for less, or page through the file that it was saved to with read_artifact.`,
      isError: false,
    };
  }

  /** What failed and what to do. An engine's message may quote what it read, so it is data like any result. */
  #advice(error: unknown): string {
    if (!(error instanceof RunbookError)) return 'The tool failed unexpectedly. Do without it, or try another way.';
    const { code, message, position, hint } = error;
    const at = position ? ` (characters ${position.start} to ${position.end} of the query)` : '';
    const said = dataBlock(truncate(message, MAX_MESSAGE), (value) => this.#context.scrub(value));
    return [`${code}${at}`, said, ...(hint ? [hint] : [])].join('\n');
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

/**
 * What a model may do something about. A fault of a tool is told, too: the model may do without the tool. In a gate step a source that does
 * not answer stops the run; later the model may try again or do without.
 */
function isMendable(error: unknown, gate: boolean): boolean {
  if (!(error instanceof RunbookError)) return true;
  return MENDABLE.has(error.code) || (!gate && PASSING.has(error.code));
}
