import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, RunbookError } from '../lib/errors.ts';
import { packageRoot } from '../lib/package-root.ts';
import { CHECKS, GATES } from './ids.ts';

const anchor = z.string().min(1);
const criterion = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9_]*$/u, 'must be snake_case'),
  name: z.string().min(1),
  /** Its share of the average, beside the others' weights. */
  weight: z.number().positive().default(1),
  /** The checks that speak to it: its score is at most the lowest of theirs. Without any, only a model can judge it. */
  checks: z.array(z.enum(CHECKS)).default([]),
  anchors: z.strictObject({ 5: anchor, 3: anchor, 1: anchor }),
});
export type Criterion = z.infer<typeof criterion>;

const judge = z.strictObject({
  /** Model that judges, where another than the author's is wanted. */
  model: z.string().optional(),
  /** Votes for each criterion. */
  samples: z.number().int().min(1).max(9).default(3),
});

const rubric = z.strictObject({
  version: z.literal(1),
  criteria: z.array(criterion).min(1).refine(isDistinct, { message: 'must have different ids' }),
  thresholds: z.strictObject({
    average: z.number().min(1).max(5),
    each: z.number().int().min(1).max(5),
    rounds: z.number().int().min(1).max(10),
  }),
  gates: z
    .array(z.strictObject({ id: z.enum(GATES), name: z.string().min(1) }))
    .min(1)
    .refine(isDistinct, { message: 'must be named once each' }),
  judge: judge.prefault({}),
});
export type Rubric = z.infer<typeof rubric>;

function isDistinct(list: readonly { id: string }[]): boolean {
  return new Set(list.map((item) => item.id)).size === list.length;
}

/**
 * Loads a rubric, by default the one that ships with the runbook: a YAML file, or a Markdown runbook with a rubric table
 * (`# | Criterion | 5 | 3 | 1`).
 * @param outputs files that the runbook must leave, where it declares its own
 * @throws RunbookError `runbook_invalid` naming the file and the field
 */
export async function loadRubric(
  file = path.join(packageRoot(), 'rubric', 'rubric.yaml'),
  outputs?: readonly string[],
): Promise<Rubric> {
  const name = path.basename(file);
  const value = await read(file, name, outputs);
  const result = rubric.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') || 'the file';
  throw invalid(file, `${name}: ${field}: ${issue?.message ?? 'invalid'}`);
}

async function read(file: string, name: string, outputs?: readonly string[]): Promise<unknown> {
  try {
    const text = readFileSync(file, 'utf8');
    if (!/\.(?:md|markdown)$/iu.test(name)) return parse(text);
    const { rubricTable } = await import('./rubric-table.ts');
    return await rubricTable(text, outputs);
  } catch (cause) {
    throw invalid(file, `${name}: ${messageOf(cause)}`, cause);
  }
}

function invalid(file: string, message: string, cause?: unknown): RunbookError {
  return new RunbookError('runbook_invalid', message, {
    at: file,
    hint: 'Compare with the rubric.yaml that ships with the runbook, or give a Markdown file with a table # | Criterion | 5 | 3 | 1.',
    ...(cause === undefined ? {} : { cause }),
  });
}
