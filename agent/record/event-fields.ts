import { z } from 'zod';
import type { EventBody } from '../events.ts';

/** The fields of an event that readers of a log rely on; others may be there, and what an event shows a part of is any value. */
type Fields = { [T in EventBody['type']]: Partial<Record<keyof Extract<EventBody, { type: T }>, z.ZodType>> };

const text = z.string();
const number = z.number();
const time = text.refine((value) => !Number.isNaN(Date.parse(value)), 'is no time');
const textOrNull = text.nullable();
const failure = { code: text, message: text, hint: textOrNull };
const agent = { driver: text, model: textOrNull.optional() };
const call = { step: number, call: number, tool: text };
const step = { number, id: text };
const steps = z.array(z.object({ ...step, title: text }));
const params = z.record(text, z.unknown());
const runbook = z.object({
  name: text,
  title: text,
  version: text,
  digest: text,
  dir: textOrNull.optional(),
  // The first versions kept none.
  files: z.array(z.object({ path: text, sha256: text })).optional(),
});
const part = z.object({ from_step: number, params, runbook });

const FIELDS = {
  run_started: {
    ...agent,
    runbook,
    source: z.object({ specs: z.array(text), as_of: time.nullable() }),
    rounds: number,
    parent: z.object({ run: text, before_step: number, parts: z.array(part).optional() }).nullish(),
    steps,
    params,
    results_dir: text,
  },
  source_opened: {
    kind: text,
    label: text,
    window: z.object({ from: time, to: time }),
    notices: z.array(z.union([z.object({ message: text }), text])),
    elapsed_s: number,
  },
  source_failed: failure,
  run_resumed: { ...agent, after_step: number, runbook: runbook.optional(), steps: steps.optional() },
  step_started: { ...step, title: text, rendered_sha256: text },
  tool_started: { ...call, payload: textOrNull },
  tool_progress: { step: number, tool: text, message: text },
  query: {
    ...call,
    n: number,
    name: text,
    rows: number,
    response_bytes: number,
    elapsed_s: number,
    error: textOrNull,
    request: text,
    answer: text,
  },
  outside_read: { ...call, name: text, answer: text },
  tool_finished: { ...call, payload: textOrNull, queries: number, rows: number, elapsed_s: number },
  tool_failed: { ...failure, step: number, call: number.nullable(), tool: text, elapsed_s: number },
  generation: {
    step: number,
    request: textOrNull,
    answer: textOrNull,
    properties: z.object({
      $ai_model: text,
      $ai_input_tokens: number,
      $ai_cache_read_input_tokens: number,
      $ai_cache_creation_input_tokens: number,
      $ai_output_tokens: number,
      $ai_total_cost_usd: number,
      $ai_latency: number,
      $ai_stop_reason: text,
      $ai_error: textOrNull,
    }),
  },
  model_retry: { step: number, attempt: number, wait_s: number, reason: text },
  model_text: { step: number, text },
  artifact_written: { path: text, bytes: number, sha256: text },
  artifact_removed: { path: text },
  step_finished: { ...step, note: textOrNull, elapsed_s: number },
  step_failed: { ...step, ...failure, elapsed_s: number },
  gate_stopped: { ...step, ...failure },
  judge_opened: { model: text, authors: z.array(text), samples: number },
  judge_asked: { question: text, answer: text },
  graded: {
    round: number,
    average: number,
    passed: z.boolean(),
    scores: z.array(z.object({ id: text, name: text, score: number.nullable(), reasons: z.array(text) })),
    failed_gates: z.array(text),
    claims: z.object({ checked: number, verified: number }),
    judge: textOrNull,
  },
  grade_failed: failure,
  round_finished: { round: number, of: number, passed: z.boolean(), note: textOrNull },
  run_finished: { exit: number, queries: number, response_bytes: number, elapsed_s: number, report: textOrNull },
} satisfies Fields;

const SCHEMAS = new Map<unknown, z.ZodType>(
  Object.entries(FIELDS).map(([type, fields]) => [
    type,
    z.object({ time, run: text, from: text.optional(), ...fields }),
  ]),
);

/** What is wrong with an event of this version of the schema; undefined for one that can be read. */
export function faultIn(event: { type?: unknown }): string | undefined {
  if (typeof event.type !== 'string') return ' has no type';
  const schema = SCHEMAS.get(event.type);
  if (!schema) return ` is of the type ${JSON.stringify(event.type)}, which version 1 does not have`;
  const issue = schema.safeParse(event).error?.issues[0];
  if (!issue) return undefined;
  return `: field ${fieldOf(issue.path)}: ${issue.message.replace(/^Invalid input: /u, '')}`;
}

/** `runbook.files[0].path` */
function fieldOf(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .slice(1);
}
