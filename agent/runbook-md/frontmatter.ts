import { Document, isMap, visit } from 'yaml';
import { z } from 'zod';
import type { Runbook, Step } from '../runbook/manifest.ts';

/**
 * The key of the frontmatter that holds what the rest of a RUNBOOK.md cannot say: names, types and bounds. Titles, descriptions, defaults and
 * files stand in the text alone.
 */
export const EXECUTOR = 'executor';

const step = z.strictObject({
  id: z.string(),
  tools: z.array(z.string()).default([]),
  outputs: z.array(z.string()).default([]),
  gate: z.boolean().default(false),
});

export const executorSchema = z.strictObject({
  name: z.string(),
  builtin_tools: z.array(z.string()).optional(),
  parameters: z.record(z.string(), z.looseObject({ type: z.string() })).default({}),
  steps: z.array(step).default([]),
  mend: step.extend({ title: z.string() }).optional(),
});
export type Executor = z.infer<typeof executorSchema>;

/** The frontmatter of a runbook's RUNBOOK.md, as YAML: the public keys, secrets whole, and ours. */
export function frontmatterOf({ manifest, steps, mend }: Runbook): string {
  const { version, evaluation, agent, model, model_provider, snapshot, primary_outputs, secrets } = manifest;
  const parameters = Object.fromEntries(
    Object.entries(manifest.parameters).map(([name, { default: _default, description: _description, ...rest }]) => [
      name,
      rest,
    ]),
  );
  const executor: z.input<typeof executorSchema> = {
    name: manifest.name,
    ...(manifest.builtin_tools.length > 0 ? { builtin_tools: manifest.builtin_tools } : {}),
    parameters,
    steps: steps.map(bare),
    ...(mend ? { mend: { ...bare(mend), title: mend.title } } : {}),
  };
  const document = new Document({
    ...{ version, evaluation, agent, model },
    ...(model_provider === undefined ? {} : { model_provider }),
    ...(snapshot === undefined ? {} : { snapshot }),
    ...(primary_outputs.length > 0 ? { primary_outputs } : {}),
    secrets,
    [EXECUTOR]: executor,
  });
  // One line for each parameter and step.
  visit(document.get(EXECUTOR) as never, {
    Map(_key, node, path) {
      if (path.length > 0 && !node.items.some(({ value }) => isMap(value))) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0 });
}

function bare({ id, tools, outputs, gate }: Step): z.input<typeof step> {
  return {
    id,
    ...(tools.length > 0 ? { tools } : {}),
    ...(outputs.length > 0 ? { outputs } : {}),
    ...(gate ? { gate } : {}),
  };
}
