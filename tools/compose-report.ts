import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../lib/package-root.ts';
import { renderTemplate } from '../lib/templates.ts';
import type { Fact, FactUnit } from './facts.ts';
import { type ReportView, reportView } from './report-view.ts';
import { defineTool, type ToolContext } from './tool.ts';

export const REPORT_VIEW = 'data/report_view.json';

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
    const view = reportView(context);
    await context.results.writeJson(REPORT_VIEW, view);
    await context.facts.publish(facts(view));
    const variables = {
      ...view,
      facts: context.facts.all(),
      params: context.params,
      pricing: context.results.readJson('data/model_pricing_meta.json'),
      figures: figures(context),
    };
    for (const file of ['recommendations.md', 'summary.md']) {
      const name = `templates/${file}.hbs`;
      const template = readFileSync(path.join(packageRoot(), name), 'utf8');
      await context.results.write(file, tidy(renderTemplate(template, variables, { name })));
    }
    return {
      files: ['recommendations.md', 'summary.md'],
      recommendations: view.recommendations.length,
      projected_monthly_savings_usd: view.totals.savings_expected,
    };
  },
});

/** Which charts exist: the report shows only those that were drawn. */
function figures(context: ToolContext): Record<string, boolean> {
  const names = ['cost_by_operation', 'cost_variance', 'daily_cost_by_model'];
  return Object.fromEntries(names.map((name) => [name, context.results.exists(`figures/${name}.svg`)]));
}

/** Templates leave blank lines where a block was empty. */
function tidy(markdown: string): string {
  return `${markdown
    .replace(/[ \t]+$/gmu, '')
    .replace(/\n{3,}/gu, '\n\n')
    .trim()}\n`;
}

const UNITS: Record<string, FactUnit> = {
  calls: 'count',
  cost_usd: 'usd',
  recorded_usd: 'usd',
  backfilled_usd: 'usd',
  backfilled_share: 'share',
  unpriced_calls: 'count',
  tokens: 'tokens',
  operations: 'count',
  models: 'count',
  monthly_spend_usd: 'usd',
  savings_low: 'usd',
  savings_expected: 'usd',
  savings_high: 'usd',
  savings_share: 'share',
};

function facts(view: ReportView): Record<string, Fact> {
  return Object.fromEntries(
    Object.entries(view.totals).map(([name, value]) => [
      `totals.${name}`,
      { value, unit: UNITS[name] ?? 'count', source: REPORT_VIEW },
    ]),
  );
}
