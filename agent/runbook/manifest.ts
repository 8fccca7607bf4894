import { z } from 'zod';

const value = z.union([z.string(), z.number(), z.boolean()]);

const parameter = z
  .strictObject({
    type: z.enum(['string', 'integer', 'number', 'boolean']),
    default: value.optional(),
    description: z.string(),
    required: z.boolean().optional(),
    min: z.number().optional(),
    /** What the whole of a string must match. */
    pattern: z.string().refine(isRegExp, 'is not a regular expression').optional(),
    max: z.number().optional(),
  })
  .superRefine((spec, context) => {
    const problem = spec.default === undefined ? undefined : wrongDefault(spec.type, spec.default);
    if (problem) context.addIssue({ code: 'custom', path: ['default'], message: problem });
    if (spec.default === undefined && spec.required !== true) {
      context.addIssue({ code: 'custom', path: [], message: 'give a default, or say required: true' });
    }
    const { default: standard, min = -Infinity, max = Infinity } = spec;
    if (typeof standard === 'number' && (standard < min || standard > max)) {
      context.addIssue({ code: 'custom', path: ['default'], message: 'lies outside min and max' });
    }
  });
export type ParameterSpec = z.infer<typeof parameter>;

function isRegExp(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

function wrongDefault(type: string, standard: string | number | boolean): string | undefined {
  const fits = type === 'integer' ? Number.isInteger(standard) : typeof standard === type;
  return fits ? undefined : `must be of type ${type}`;
}

const secret = z.strictObject({
  env: z.string().min(1),
  description: z.string().default(''),
  required: z.boolean().default(true),
});

const RELATIVE = /^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$)).+$/u;
const outputPath = z.string().regex(RELATIVE, 'must be a path inside the results dir');

/** Far beyond what runbooks have; each is a file. */
const MAX_STEPS = 200;

/** `runbook.yaml`: what the public frontmatter carries, plus parameters, the output manifest and the steps in order. */
export const manifestSchema = z.strictObject({
  version: z.string(),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/u, 'must be lower-case letters, digits and dashes'),
  title: z.string().min(1),
  description: z.string(),
  evaluation: z.enum(['rubric', 'programmatic']),
  agent: z.string(),
  model: z.string(),
  model_provider: z.string().optional(),
  snapshot: z.string().optional(),
  /** Claude Code's own tools that `--agent claude-code` may use besides the runbook's. */
  builtin_tools: z.array(z.string().regex(/^[A-Z][A-Za-z]*$/u, 'must be the name of a tool, such as Read')).default([]),
  primary_outputs: z.array(outputPath).default([]),
  secrets: z.record(z.string(), secret).default({}),
  parameters: z.record(z.string().regex(/^[a-z][a-z0-9_]*$/u, 'must be snake_case'), parameter).default({}),
  outputs: z.array(z.strictObject({ path: outputPath, description: z.string(), required: z.boolean().default(true) })),
  steps: z.array(z.string()).min(1).max(MAX_STEPS),
  /** The step that mends a report which was graded and did not pass. */
  mend: z.string().optional(),
  /** The rubric file, where it is not the one of the trace optimizer: YAML, or Markdown with a rubric table. */
  rubric: outputPath.optional(),
  /** Sections of a RUNBOOK.md that are no steps (Tips, Common Fixes …): Markdown, for export. */
  guide: outputPath.optional(),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** The frontmatter of a step file. */
export const stepSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/u, 'must be lower-case letters, digits and dashes'),
  title: z.string().min(1),
  tools: z.array(z.string()).default([]),
  outputs: z.array(outputPath).default([]),
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
  mend?: Step;
  /** Absolute. */
  dir: string;
  /** sha256 over the manifest and the step files: what was run. */
  digest: string;
}
