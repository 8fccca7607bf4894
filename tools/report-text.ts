import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../lib/package-root.ts';
import { renderTemplate } from '../lib/templates.ts';
import type { Fact, FactStore, FactUnit } from './facts.ts';
import { type ReportView, reportView } from './report-view.ts';
import type { ResultsDir } from './results-dir.ts';
import type { ToolContext } from './tool.ts';

/** Where the view is kept, so that each figure of the report can be traced. */
export const REPORT_VIEW = 'data/report_view.json';
/** The texts of a report. */
export const REPORT_FILES = ['recommendations.md', 'summary.md'] as const;

export interface ReportTexts {
  view: ReportView;
  /** The totals of the view as facts. */
  facts: Record<string, Fact>;
  texts: Record<(typeof REPORT_FILES)[number], string>;
}

/**
 * The report as the data files alone say it, through the templates; nothing is written. The same files give the same texts.
 * @throws RunbookError `io` where a data file is missing or broken
 */
export function reportTexts(context: {
  results: ResultsDir;
  facts: FactStore;
  params: ToolContext['params'];
}): ReportTexts {
  const view = reportView(context.results);
  const facts = totalsOf(view);
  const variables = {
    ...view,
    facts: { ...context.facts.all(), ...facts },
    params: context.params,
    pricing: context.results.readJson('data/model_pricing_meta.json'),
    figures: figures(context.results),
  };
  const text = (file: string) => {
    const name = `templates/${file}.hbs`;
    const template = readFileSync(path.join(packageRoot(), name), 'utf8');
    return tidy(renderTemplate(template, variables, { name }));
  };
  return { view, facts, texts: { 'recommendations.md': text('recommendations.md'), 'summary.md': text('summary.md') } };
}

/** Which charts exist: the report shows only those that were drawn. */
function figures(results: ResultsDir): Record<string, boolean> {
  const names = ['cost_by_operation', 'cost_variance', 'daily_cost_by_model'];
  return Object.fromEntries(names.map((name) => [name, results.exists(`figures/${name}.svg`)]));
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

function totalsOf(view: ReportView): Record<string, Fact> {
  return Object.fromEntries(
    Object.entries(view.totals).map(([name, value]) => [
      `totals.${name}`,
      { value, unit: UNITS[name] ?? 'count', source: REPORT_VIEW },
    ]),
  );
}
