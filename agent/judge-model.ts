import type { ResultsDir } from '../tools/results-dir.ts';
import { agentModel } from './drivers/claude/models.ts';
import type { Provider } from './drivers/claude/providers.ts';
import { EVENTS } from './results.ts';

/** Who judges what a family of models wrote: a known model of another family, since models are kind to their own words. */
const JUDGES = [
  { author: 'haiku', judge: 'claude-sonnet-4-6' },
  { author: 'sonnet', judge: 'claude-haiku-4-5' },
] as const;
/** For every other author, and where nobody knows who wrote the report. */
const FALLBACK = 'claude-haiku-4-5';

/**
 * The model that judges, in a spelling that the provider takes: as the user insists, else the rubric's, unless that one wrote the report
 * itself.
 * @param names.author the author's id, where a model wrote the report
 * @throws RunbookError `usage` for a model that is not known
 */
export async function judgeModel(
  names: { insisted?: string | undefined; rubric?: string | undefined; author?: string | undefined },
  provider: Provider,
): Promise<string> {
  const { insisted, rubric, author } = names;
  if (insisted !== undefined) return insisted;
  if (rubric !== undefined && (await agentModel(rubric, provider)).id !== author) return rubric;
  return JUDGES.find((pair) => author?.includes(pair.author))?.judge ?? FALLBACK;
}

/** The model that wrote the report of a results dir, as the run's log has it; undefined where none did or nothing says so. */
export function authorOf(results: ResultsDir): string | undefined {
  if (!results.exists(EVENTS)) return undefined;
  for (const line of results.readText(EVENTS).split('\n')) {
    const model = line.includes('"generation"') ? modelIn(line) : undefined;
    if (model !== undefined) return model;
  }
  return undefined;
}

/** The judge's own requests are in the log, too. */
function modelIn(line: string): string | undefined {
  try {
    const { type, properties } = JSON.parse(line) as { type?: unknown; properties?: Record<string, unknown> };
    const model = properties?.$ai_model;
    return type === 'generation' && properties?.$ai_span_name !== 'judge' && typeof model === 'string'
      ? model.slice(0, 200)
      : undefined;
  } catch {
    return undefined;
  }
}
