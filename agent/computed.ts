import { z } from 'zod';
import type { GradeOptions } from '../rubric/grade.ts';
import { FactStore } from '../tools/facts.ts';
import { reportTexts } from '../tools/report-text.ts';
import type { ResultsDir } from '../tools/results-dir.ts';
import type { ToolContext } from '../tools/tool.ts';
import { EVENTS } from './results.ts';

const params = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const started = z.object({ type: z.literal('run_started'), params });
const report = z.object({ parameters: params });

/**
 * The report as its data files alone give it, for the grader to compare with. Nothing where it cannot be made of them: the runbook is
 * another, or files are missing or broken, which the grader says by itself.
 */
export function withComputed(results: ResultsDir): Pick<GradeOptions, 'computed'> {
  try {
    return { computed: reportTexts({ results, facts: new FactStore(results), params: paramsOf(results) }).texts };
  } catch {
    return {};
  }
}

/** The parameters of the run, from its log; without one, from the end check. */
function paramsOf(results: ResultsDir): ToolContext['params'] {
  const [first = ''] = results.exists(EVENTS) ? results.readText(EVENTS).split('\n', 1) : [];
  const logged = started.safeParse(first === '' ? undefined : JSON.parse(first));
  if (logged.success) return logged.data.params;
  return report.parse(results.readJson('validation_report.json')).parameters;
}
