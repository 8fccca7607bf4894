import { parse } from 'csv-parse/sync';
import { sqlFragments } from '../analysis/sql.ts';
import { renderTemplate } from '../lib/templates.ts';
import type { ResultsDir } from '../tools/results-dir.ts';
import type { Parameters } from './parameters.ts';
import type { Step } from './runbook/manifest.ts';

export interface RenderContext {
  params: Parameters;
  window: { from: Date; to: Date };
  run: { id: string };
  results: ResultsDir;
}

/** Artifacts by name (`artifacts.price_map` is data/price_map.json), read only when a template asks for them. */
function artifacts(results: ResultsDir): Record<string, unknown> {
  return new Proxy({} as Record<string, unknown>, {
    get: (_target, name) => (typeof name === 'string' ? readArtifact(results, name) : undefined),
    has: (_target, name) => typeof name === 'string' && readArtifact(results, name) !== undefined,
    getOwnPropertyDescriptor: (_target, name) => {
      const value = typeof name === 'string' ? readArtifact(results, name) : undefined;
      return value === undefined ? undefined : { value, enumerable: true, configurable: true };
    },
  });
}

function readArtifact(results: ResultsDir, name: string): unknown {
  if (!/^\w+$/u.test(name)) return undefined;
  if (results.exists(`data/${name}.json`)) return results.readJson(`data/${name}.json`);
  if (results.exists(`data/${name}.csv`)) return parse(results.readText(`data/${name}.csv`), { columns: true });
  return undefined;
}

/**
 * Renders a step when its turn comes, so that it can use the artifacts of the steps before it.
 * @throws RunbookError `runbook_invalid` naming the step file and what is wrong in it
 */
export function renderStep(step: Step, { params, window, run, results }: RenderContext): string {
  const days = (window.to.getTime() - window.from.getTime()) / 86_400_000;
  return renderTemplate(
    step.body,
    {
      params,
      window: { from: window.from.toISOString(), to: window.to.toISOString(), days },
      run,
      results_dir: results.root,
      artifacts: artifacts(results),
      sql: sqlFragments(String(params.operation_property ?? '')),
    },
    { name: step.file },
  );
}
