import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, RunbookError } from '../lib/errors.ts';
import { packageRoot } from '../lib/package-root.ts';

export const CRITERIA = ['evidence', 'cost_analysis', 'qualitative_depth', 'actionability', 'roadmap'] as const;
export type CriterionId = (typeof CRITERIA)[number];
export const GATES = ['outputs', 'trace_ids', 'data_read', 'validation', 'end_check'] as const;
export type GateId = (typeof GATES)[number];

const anchor = z.string().min(1);
const rubric = z.strictObject({
  version: z.literal(1),
  criteria: z
    .array(
      z.strictObject({
        id: z.enum(CRITERIA),
        name: z.string().min(1),
        anchors: z.strictObject({ 5: anchor, 3: anchor, 1: anchor }),
      }),
    )
    .refine((list) => isWhole(list, CRITERIA), { message: `must name each of ${CRITERIA.join(', ')} once` }),
  thresholds: z.strictObject({
    average: z.number().min(1).max(5),
    each: z.number().int().min(1).max(5),
    rounds: z.number().int().min(1).max(10),
  }),
  gates: z
    .array(z.strictObject({ id: z.enum(GATES), name: z.string().min(1) }))
    .refine((list) => isWhole(list, GATES), { message: `must name each of ${GATES.join(', ')} once` }),
});
export type Rubric = z.infer<typeof rubric>;

function isWhole(list: readonly { id: string }[], ids: readonly string[]): boolean {
  return list.length === ids.length && new Set(list.map((item) => item.id)).size === ids.length;
}

/**
 * Loads a rubric file, by default the one that ships with the runbook.
 * @throws RunbookError `runbook_invalid` naming the file and the field
 */
export function loadRubric(file = path.join(packageRoot(), 'rubric', 'rubric.yaml')): Rubric {
  const name = path.basename(file);
  let value: unknown;
  try {
    value = parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new RunbookError('runbook_invalid', `${name}: ${messageOf(cause)}`, {
      at: file,
      hint: 'Give a rubric file in YAML.',
      cause,
    });
  }
  const result = rubric.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') || 'the file';
  throw new RunbookError('runbook_invalid', `${name}: ${field}: ${issue?.message ?? 'invalid'}`, {
    at: field,
    hint: 'Compare with the rubric.yaml that ships with the runbook.',
  });
}
