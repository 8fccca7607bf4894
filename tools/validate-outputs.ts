import { z } from 'zod';
import { validateResults } from '../rubric/validate.ts';
import { defineTool } from './tool.ts';

const FILE = 'validation_report.json';

export const validateOutputs = defineTool({
  name: 'validate_outputs',
  description:
    'Checks the files in the results dir, not the memory of having written them: connection, prices, metrics whose sums agree, variance, failures, samples, and a report with its sections, code, measurement plans and real trace ids. Writes validation_report.json. Mend what a failed stage names, then call it again. Example: {}',
  input: z.strictObject({ save_as: z.literal(FILE).optional() }),
  output: z.object({
    overall_passed: z.boolean(),
    stages: z.array(z.object({ name: z.string(), passed: z.boolean(), message: z.string() })),
    saved_as: z.string(),
  }),
  writes: 'own artifacts',
  asks: 'artifacts',
  async run(_input, context) {
    const report = await validateResults(context.results.root, {
      backend: context.source.kind,
      parameters: context.params,
      runDate: context.window.to.toISOString(),
    });
    await context.results.writeJson(FILE, report);
    return { overall_passed: report.overall_passed, stages: report.stages, saved_as: FILE };
  },
});
