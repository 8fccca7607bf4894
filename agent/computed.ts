import { z } from 'zod';
import { messageOf } from '../lib/errors.ts';
import { oneLine, truncate } from '../lib/format.ts';
import type { GradeOptions } from '../rubric/grade.ts';
import { FactStore } from '../tools/facts.ts';
import { REPORT_VIEW, reportTexts } from '../tools/report-text.ts';
import type { ResultsDir } from '../tools/results-dir.ts';
import type { ToolContext } from '../tools/tool.ts';
import { EVENTS } from './results.ts';

const params = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const started = z.object({ type: z.literal('run_started'), params });
const report = z.object({ parameters: params });

/**
 * Adds the report as its data files alone give it, for the grader to compare with. Where it cannot be made of them, the grade says so in a
 * note; not where the runbook is another, which has files of its own.
 */
export function withComputed<T extends GradeOptions>(results: ResultsDir, options: T): T {
  try {
    const { texts, view } = reportTexts({ results, facts: new FactStore(results), params: paramsOf(results) });
    return { ...options, computed: { ...texts, [REPORT_VIEW]: JSON.stringify(view) } };
  } catch (error) {
    if (options.outputs !== undefined) return options;
    const why = truncate(oneLine(messageOf(error)), 300);
    const note = `The report was not compared with the text that its data files give: ${why}`;
    return { ...options, notes: [...(options.notes ?? []), note] };
  }
}

/** The parameters of the run, from its log; without one, from the end check. */
function paramsOf(results: ResultsDir): ToolContext['params'] {
  const [first = ''] = results.exists(EVENTS) ? results.readText(EVENTS).split('\n', 1) : [];
  const logged = started.safeParse(first === '' ? undefined : JSON.parse(first));
  if (logged.success) return logged.data.params;
  return report.parse(results.readJson('validation_report.json')).parameters;
}
