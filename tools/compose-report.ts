import { z } from 'zod';
import { REPORT_FILES, REPORT_VIEW, reportTexts } from './report-text.ts';
import { defineTool } from './tool.ts';

export const composeReport = defineTool({
  name: 'compose_report',
  description:
    'Writes recommendations.md and summary.md from the artifacts of the earlier steps through the report templates; every figure comes from an artifact (data/report_view.json and data/facts.json keep them). Example: {}',
  input: z.strictObject({}),
  output: z.object({
    files: z.array(z.string()),
    recommendations: z.number(),
    projected_monthly_savings_usd: z.number(),
  }),
  writes: 'own artifacts',
  asks: 'artifacts',
  async run(_input, context) {
    const { view, facts, texts } = reportTexts(context);
    await context.results.writeJson(REPORT_VIEW, view);
    await context.facts.publish(facts);
    for (const file of REPORT_FILES) await context.results.write(file, texts[file]);
    return {
      files: [...REPORT_FILES],
      recommendations: view.recommendations.length,
      projected_monthly_savings_usd: view.totals.savings_expected,
    };
  },
});
