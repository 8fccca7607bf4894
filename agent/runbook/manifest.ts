import { z } from 'zod';
import { toolNames } from '../../tools/registry.ts';

const parameter = z.strictObject({
  type: z.enum(['string', 'integer', 'number', 'boolean']),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  description: z.string(),
  required: z.boolean().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
});
export type ParameterSpec = z.infer<typeof parameter>;

const secret = z.strictObject({ env: z.string(), description: z.string().default(''), required: z.boolean() });

/** `runbook.yaml`: what the public frontmatter carries, plus parameters, the output manifest and the steps in order. */
export const manifestSchema = z.strictObject({
  version: z.string(),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/u, 'must be lower-case letters, digits and dashes'),
  title: z.string(),
  description: z.string(),
  evaluation: z.enum(['rubric', 'programmatic']),
  agent: z.string(),
  model: z.string(),
  model_provider: z.string().optional(),
  snapshot: z.string().optional(),
  primary_outputs: z.array(z.string()).default([]),
  secrets: z.record(z.string(), secret).default({}),
  parameters: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/u, 'must be snake_case'), parameter).default({}),
  outputs: z.array(z.strictObject({ path: z.string(), description: z.string(), required: z.boolean().optional() })),
  steps: z.array(z.string()).min(1),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** The frontmatter of a step file. */
export const stepSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/u, 'must be lower-case letters, digits and dashes'),
  title: z.string(),
  tools: z
    .array(
      z
        .string()
        .refine((name) => toolNames.includes(name), {
          error: (issue) => `no tool is called ${JSON.stringify(issue.input)}`,
        }),
    )
    .default([]),
  outputs: z.array(z.string()).default([]),
  gate: z.boolean().default(false),
});

export interface Step extends z.infer<typeof stepSchema> {
  /** From 1. */
  number: number;
  /** Path relative to the runbook's folder. */
  file: string;
  /** The Markdown template below the frontmatter, and the line of the file on which it begins (from 1). */
  body: string;
  bodyLine: number;
}

export interface Runbook {
  manifest: Manifest;
  steps: Step[];
  dir: string;
  /** sha256 over the manifest and the step files: what was run. */
  digest: string;
}
