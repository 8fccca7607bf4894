import { sqlFragments } from '../analysis/sql.ts';
import { RunbookError } from '../lib/errors.ts';
import { truncate } from '../lib/format.ts';
import { renderTemplate } from '../lib/templates.ts';
import type { Parameters } from './parameters.ts';
import { lineMap } from './runbook/line-map.ts';
import type { Step } from './runbook/manifest.ts';
import type { LineAt } from './runbook/yaml.ts';

const DAY_MS = 86_400_000;

/** What a step's template may use. */
export interface RenderContext {
  params: Parameters;
  window: { from: Date; to: Date };
  run: { id: string };
  resultsDir: string;
  /** Artifacts by name, read when a template asks for them. */
  artifacts: Record<string, unknown>;
}

export interface RenderedStep {
  text: string;
  /** Line of the step file for a line of the text (both from 1). */
  lineAt: LineAt;
  /** The text as a model reads it: the SQL fragments stand in it by their names. */
  brief(): string;
  /** A tool's input in which fragments are named (`{{sql.calls}}`) with the fragments in their place. */
  expand<T>(input: T): T;
}

/**
 * Renders a step when its turn comes, so that it can use the artifacts of the steps before it.
 * @throws RunbookError `runbook_invalid` naming the step file, the line and what is wrong there
 */
export function renderStep(step: Step, context: RenderContext): RenderedStep {
  const { params, window, run, resultsDir, artifacts } = context;
  const fragments = sqlFragments(String(params.operation_property ?? ''));
  const values = {
    params,
    window: {
      from: window.from.toISOString(),
      to: window.to.toISOString(),
      days: (window.to.getTime() - window.from.getTime()) / DAY_MS,
    },
    run,
    results_dir: resultsDir,
    artifacts,
    sql: fragments,
  };
  // Blank lines in the place of the frontmatter: an error then names the line of the file.
  const above = '\n'.repeat(step.bodyLine - 1);
  const text = renderNamed(step, above + step.body, values).slice(above.length);
  let map: number[] | undefined;
  return {
    text,
    lineAt(line) {
      map ??= lineMap(step.body, text);
      return step.bodyLine + (map[line - 1] ?? 0);
    },
    brief() {
      const names = Object.fromEntries(Object.keys(fragments).map((name) => [name, `{{sql.${name}}}`]));
      return renderNamed(step, step.body, { ...values, sql: names });
    },
    expand: (input) => expandFragments(input, { ...fragments }),
  };
}

/** A tool's input in which SQL fragments are named (`{{sql.calls}}`, or `{sql.calls}` in a RUNBOOK.md), with the fragments in their place. */
export function expandFragments<T>(input: T, fragments: Readonly<Record<string, string>>): T {
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string')
      return value.replace(/\{{1,3}\s*sql\.(\w+)\s*\}{1,3}/gu, (all, name: string) =>
        Object.hasOwn(fragments, name) ? (fragments[name] ?? all) : all,
      );
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item)]));
  };
  return walk(input) as T;
}

/** Handlebars names the last part of a variable only (`"x" not defined in undefined`): the line itself says which one is meant. */
function renderNamed(step: Step, template: string, values: Record<string, unknown>): string {
  try {
    return renderTemplate(template, values, { name: step.file });
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    const line = /:(\d+)$/u.exec(error.at ?? '')?.[1];
    const source = template.split('\n')[Number(line) - 1]?.trim();
    const place = source ? `, in: ${truncate(source, 120)}` : '';
    throw new RunbookError('runbook_invalid', `${error.message}${place}`, {
      ...(error.at ? { at: error.at } : {}),
      hint: `A step may use ${Object.keys(values).join(', ')}; an artifact exists once an earlier step has written it.`,
      cause: error,
    });
  }
}
