import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { sqlFragments } from '../analysis/sql.ts';
import { RunbookError } from '../lib/errors.ts';
import { packageRoot } from '../lib/package-root.ts';
import { renderTemplate } from '../lib/templates.ts';

const fix = z.strictObject({
  title: z.string(),
  effort: z.enum(['S', 'M', 'L']),
  ease: z.number().min(0).max(1),
  problem: z.string(),
  why: z.string(),
  before: z.string(),
  after: z.string(),
  metric: z.strictObject({
    name: z.string(),
    hogql: z.string(),
    unit: z.enum(['usd', 'share', 'number']).default('number'),
    factor: z.union([z.number(), z.literal('savings')]).optional(),
    per_day: z.boolean().default(false),
    target: z.string().optional(),
  }),
});
export type FixTemplate = z.infer<typeof fix>;

let loaded: Record<string, FixTemplate> | undefined;

/** The fix templates of `templates/fixes.yaml` by finding kind. @throws RunbookError `runbook_invalid` naming the entry at fault */
export function fixTemplates(): Record<string, FixTemplate> {
  if (loaded) return loaded;
  const file = path.join(packageRoot(), 'templates', 'fixes.yaml');
  const result = z.record(z.string(), fix).safeParse(parse(readFileSync(file, 'utf8')));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new RunbookError('runbook_invalid', `templates/fixes.yaml: ${issue?.path.join('.')}: ${issue?.message}`, {
      at: issue?.path.join('.') ?? '',
    });
  }
  loaded = result.data;
  return loaded;
}

/** The template of a finding kind, or of a guard. */
export function fixTemplate(name: string): FixTemplate {
  const templates = fixTemplates();
  const found = Object.hasOwn(templates, name) ? templates[name] : undefined;
  if (!found) throw new RunbookError('runbook_invalid', `templates/fixes.yaml has no entry for ${name}.`, { at: name });
  return found;
}

/** The HogQL expression of a fix's metric over `$ai_generation` events. */
export function metricSql(name: string): string {
  const { context_tokens, failure_class } = sqlFragments('');
  return renderTemplate(
    fixTemplate(name).metric.hogql,
    { context_tokens, failure_class },
    { name: `templates/fixes.yaml ${name}.metric.hogql` },
  );
}
